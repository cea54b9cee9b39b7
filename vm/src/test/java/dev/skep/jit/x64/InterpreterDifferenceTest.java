package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.UnsupportedException;
import dev.skep.interp.Interpreter;
import dev.skep.interp.ProgramTable;
import dev.skep.isa.CallNames;
import dev.skep.isa.Disassembler;
import dev.skep.isa.InsnWord;
import dev.skep.jit.Linkage;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.natives.CpuFeatures;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random programs of registers and stack give the same R0 as machine code and interpreted, in both
 * layouts, with and without BMI2. {@code -Dskep.fuzz.programs} sets how many (default 4000), {@code
 * -Dskep.fuzz.seed} where to start.
 */
class InterpreterDifferenceTest {
  private static final int STACK = 64;
  private static final int[] JUMPS = {
    0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0
  };
  private static final int[] ATOMICS = {
    0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110
  };
  private static final int[] SIZES = {0x00, 0x08, 0x10, 0x18};

  private static final class NoMaps implements Linkage, dev.skep.interp.Linkage {
    @Override
    public long mapAddress(int map) {
      throw new UnsupportedException("maps");
    }

    @Override
    public long mapValueAddress(int map, int offset) {
      throw new UnsupportedException("maps");
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      throw new UnsupportedException("variables");
    }

    @Override
    public long functionAddress(int number) {
      throw new UnsupportedException("functions");
    }

    @Override
    public boolean isUpcall(int number) {
      return false;
    }

    @Override
    public BpfFunction function(int number) {
      throw new UnsupportedException("functions");
    }
  }

  @ParameterizedTest
  @CsvSource({"false, true", "false, false", "true, true", "true, false"})
  void sameResult(boolean kernelLayout, boolean bmi2) {
    CpuFeatures host = CpuFeatures.host();
    Assumptions.assumeTrue(
        host.x64() && host.fsgsbase(),
        "execution of machine code needs x86-64 linux with fsgsbase");
    Assumptions.assumeTrue(!bmi2 || host.bmi2(), "the CPU has no bmi2");
    long first = Long.getLong("skep.fuzz.seed", 1);
    long count = Long.getLong("skep.fuzz.programs", 4000);
    NoMaps linkage = new NoMaps();
    try (Machine machine = Machine.ofCpus(1);
        Interpreter interpreter = new Interpreter(machine, ProgramTable.EMPTY);
        X64Text text =
            new X64Text(
                List.of(machine.cpus().at(0)), kernelLayout, new CpuFeatures(true, bmi2, true))) {
      for (long seed = first; seed < first + count; seed++) {
        long[] insns = new Generator(seed).program();
        RunnableProgram.Function main =
            new RunnableProgram.Function(0, insns.length, STACK, false, false, false, false);
        NativeProgram compiled =
            text.load(
                new JitInput(
                    insns, List.of(main), List.of(), TailCallDialect.LINUX_6_18, false, 0, 0),
                linkage);
        Cpu cpu = machine.cpus().enter();
        long expected = interpreter.loadUnverified("p", insns, linkage).run(cpu, 0, 0);
        long actual = compiled.run(0, cpu);
        machine.cpus().leave();
        compiled.free();
        if (actual != expected) {
          assertThat(actual).as("seed %d:%n%s", seed, text(insns)).isEqualTo(expected);
        }
      }
    }
  }

  private static String text(long[] insns) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < insns.length; i++) {
      boolean wide = InsnWord.code(insns[i]) == 0x18;
      out.append(i).append(": ");
      Disassembler.append(out, insns[i], wide ? insns[i + 1] : 0, CallNames.NONE);
      out.append('\n');
      i += wide ? 1 : 0;
    }
    return out.toString();
  }

  /** One program per seed: all registers and the stack set, random work, everything into R0. */
  private static final class Generator {
    private final Random random;
    private final long[] insns = new long[512];
    private int count;

    Generator(long seed) {
      random = new Random(seed * 0x9e3779b97f4a7c15L);
    }

    long[] program() {
      for (int r = 0; r < 10; r++) {
        long value = constant();
        add(0x18, r, 0, 0, (int) value);
        add(0, 0, 0, 0, (int) (value >> 32));
      }
      for (int off = -STACK; off < 0; off += 8) {
        add(0x7a, 10, 0, off, (int) constant());
      }
      int end = count + 10 + random.nextInt(60);
      while (count < end) {
        step(end);
      }
      for (int r = 1; r < 10; r++) {
        fold(r);
      }
      for (int off = -STACK; off < 0; off += 8) {
        add(0x79, 1, 10, off, 0);
        fold(1);
      }
      add(0x95, 0, 0, 0, 0);
      return Arrays.copyOf(insns, count);
    }

    private void fold(int register) {
      add(0x27, 0, 0, 0, 0x01000193);
      add(0xaf, 0, register, 0, 0);
    }

    private void add(int code, int dst, int src, int off, int imm) {
      insns[count++] = InsnWord.of(code, dst, src, off, imm);
    }

    private int register() {
      return random.nextInt(10);
    }

    private long constant() {
      return switch (random.nextInt(6)) {
        case 0 -> random.nextInt(5) - 2;
        case 1 -> 1L << random.nextInt(64);
        case 2 -> (1L << random.nextInt(64)) - 1;
        case 3 -> random.nextInt();
        default -> random.nextLong();
      };
    }

    private void step(int end) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> arithmetic();
        case 3 -> move();
        case 4 -> divide();
        case 5 -> memory();
        case 6 -> atomic();
        default -> jump(end);
      }
    }

    private int width() {
      return random.nextBoolean() ? 0x07 : 0x04;
    }

    private void arithmetic() {
      int[] ops = {0x00, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x80, 0xa0, 0xc0};
      int op = ops[random.nextInt(ops.length)];
      int width = width();
      boolean shift = op == 0x60 || op == 0x70 || op == 0xc0;
      if (op == 0x80) {
        add(op | width, register(), 0, 0, 0);
      } else if (random.nextBoolean()) {
        add(op | 8 | width, register(), register(), 0, 0);
      } else {
        int imm = shift ? random.nextInt(width == 0x07 ? 64 : 32) : (int) constant();
        add(op | width, register(), 0, 0, imm);
      }
    }

    private void move() {
      int[] bits = {16, 32, 64};
      int[] extend = {0, 8, 16, 32};
      switch (random.nextInt(4)) {
        case 0 -> add(0xb0 | width(), register(), 0, 0, (int) constant());
        case 1 -> add(0xbf, register(), register(), extend[random.nextInt(4)], 0);
        case 2 -> add(0xbc, register(), register(), extend[random.nextInt(3)], 0);
        default -> {
          int[] codes = {0xd4, 0xdc, 0xd7};
          add(codes[random.nextInt(3)], register(), 0, 0, bits[random.nextInt(3)]);
        }
      }
    }

    /** With a divisor that is neither 0 nor -1, as the rewrites see to it. */
    private void divide() {
      int op = random.nextBoolean() ? 0x30 : 0x90;
      int signed = random.nextInt(2);
      int width = width();
      int dst = register();
      if (random.nextBoolean()) {
        int imm = (int) constant();
        add(op | width, dst, 0, signed, imm == 0 || imm == -1 ? 3 : imm);
      } else {
        int src = register();
        add(0x57, src, 0, 0, 0x7fff);
        add(0x47, src, 0, 0, 1);
        add(op | 8 | width, dst, src, signed, 0);
      }
    }

    private void memory() {
      int size = SIZES[random.nextInt(4)];
      int bytes = bytes(size);
      int off = -STACK + random.nextInt(STACK - bytes + 1);
      switch (random.nextInt(4)) {
        case 0 -> add(0x62 | size, 10, 0, off, (int) constant());
        case 1 -> add(0x63 | size, 10, register(), off, 0);
        case 2 -> add(0x61 | size, register(), 10, off, 0);
        default -> add(0x81 | (size == 0x18 ? 0 : size), register(), 10, -STACK, 0);
      }
    }

    private static int bytes(int size) {
      return size == 0x18 ? 8 : size == 0x00 ? 4 : size == 0x08 ? 2 : 1;
    }

    private void atomic() {
      int op = ATOMICS[random.nextInt(ATOMICS.length)];
      boolean plain = op >= 0x100;
      int size = plain ? SIZES[random.nextInt(4)] : SIZES[random.nextInt(2) * 3];
      int off = -8 * (1 + random.nextInt(STACK / 8));
      if (op == 0x100) {
        add(0xc3 | size, register(), 10, off, op);
      } else {
        add(0xc3 | size, 10, register(), off, op);
        if (op == 0xf1 && size == 0) {
          // As the rewrites do: the CPU leaves the upper half when the exchange happened.
          add(0xbc, 0, 0, 0, 1);
        }
      }
    }

    private void jump(int end) {
      int off = random.nextInt(Math.max(1, Math.min(12, end - count - 1)));
      int width = random.nextBoolean() ? 0x05 : 0x06;
      int op = JUMPS[random.nextInt(JUMPS.length)];
      if (random.nextInt(8) == 0) {
        add(width, 0, 0, width == 0x05 ? off : 0, width == 0x05 ? 0 : off);
      } else if (random.nextBoolean()) {
        add(op | 8 | width, register(), register(), off, 0);
      } else {
        add(op | width, register(), 0, off, (int) constant());
      }
      // A jump into the middle of a divisor's preparation would skip it.
      for (int i = 0; i < off; i++) {
        arithmetic();
      }
    }
  }
}

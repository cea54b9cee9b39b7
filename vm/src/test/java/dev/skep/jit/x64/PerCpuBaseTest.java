package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.interp.Interpreter;
import dev.skep.interp.ProgramTable;
import dev.skep.isa.InsnWord;
import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.machine.BpfFunction;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.natives.CpuFeatures;
import dev.skep.rewrite.KernelVariable;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Per-CPU memory through the base's register: its bytes, and random programs that give the same
 * interpreted and in both layouts, whatever is between making a pointer and using it. {@code
 * -Dskep.fuzz.programs} sets how many (default 4000), {@code -Dskep.fuzz.seed} where to start.
 */
class PerCpuBaseTest {
  private static final int AREA = 64;
  private static final int CALLED = 7;
  private static final int STACK = 64;

  /** One map of per-CPU values at an offset, one function that keeps no register of C's. */
  private record OneMap(long offset, long function) implements Linkage, dev.skep.interp.Linkage {
    @Override
    public long mapAddress(int map) {
      throw new AssertionError();
    }

    @Override
    public long mapValueAddress(int map, int at) {
      return offset + at;
    }

    @Override
    public long variableAddress(KernelVariable variable) {
      throw new AssertionError();
    }

    @Override
    public long functionAddress(int number) {
      return function;
    }

    @Override
    public boolean isUpcall(int number) {
      return false;
    }

    @Override
    public BpfFunction function(int number) {
      return (cpu, r1, r2, r3, r4, r5) -> CALLED;
    }
  }

  private static JitInput input(long... insns) {
    RunnableProgram.Function main =
        new RunnableProgram.Function(0, insns.length, STACK, false, false, false, false);
    return new JitInput(insns, List.of(main), List.of(), TailCallDialect.LINUX_6_18, false, 0, 0);
  }

  private static String bytes(long... insns) {
    MachineCode code = X64Jit.compile(input(insns), new UserLayout(true), new OneMap(0x1000, 0));
    return HexFormat.ofDelimiter(" ").formatHex(code.bytes(), 0, code.functionLength(0));
  }

  @Test
  void bytesOfAnIncrement() {
    assertThat(
            bytes(
                InsnWord.of(0x18, 1, 2, 0, 0),
                InsnWord.of(0, 0, 0, 0, 8),
                InsnWord.of(0xbf, 1, 1, -1, 0),
                InsnWord.of(0x79, 2, 1, 16, 0),
                InsnWord.of(0x07, 2, 0, 0, 1),
                InsnWord.of(0x7b, 1, 2, 16, 0),
                InsnWord.of(0x95, 0, 0, 0, 0)))
        .isEqualTo(
            "65 4c 8b 0c 25 08 00 00 00" // mov r9, gs:[8]
                + " 49 8d b9 08 10 00 00" // lea rdi, [r9 + 0x1008]
                + " 49 8b b1 18 10 00 00" // mov rsi, [r9 + 0x1018]
                + " 48 83 c6 01" // add rsi, 1
                + " 49 89 b1 18 10 00 00" // mov [r9 + 0x1018], rsi
                + " c3");
  }

  @Test
  void bytesBehindACall() {
    assertThat(
            bytes(
                InsnWord.of(0x18, 6, 2, 0, 0),
                InsnWord.of(0, 0, 0, 0, 0),
                InsnWord.of(0xbf, 6, 6, -1, 0),
                InsnWord.of(0x85, 0, 0, 0, 8),
                InsnWord.of(0x79, 0, 6, 0, 0),
                InsnWord.of(0x95, 0, 0, 0, 0)))
        .isEqualTo(
            "53" // push rbx
                + " 65 4c 8b 0c 25 08 00 00 00" // mov r9, gs:[8]
                + " 49 8d 99 00 10 00 00" // lea rbx, [r9 + 0x1000]
                + " e8 00 00 00 00" // call
                + " 48 8b 43 00" // mov rax, [rbx]
                + " 5b c3");
  }

  @Test
  void anIndexedElementTakesTheBaseFromTheRegister() {
    assertThat(
            bytes(
                InsnWord.of(0x79, 1, 1, 0, 0),
                InsnWord.of(0xbf, 0, 1, -1, 0),
                InsnWord.of(0x79, 0, 0, 0, 0),
                InsnWord.of(0x95, 0, 0, 0, 0)))
        .isEqualTo(
            "65 4c 8b 0c 25 08 00 00 00" // mov r9, gs:[8]
                + " 48 8b 7f 00" // mov rdi, [rdi]
                + " 48 89 f8 4c 01 c8" // mov rax, rdi; add rax, r9
                + " 48 8b 40 00 c3");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sameResultAsInterpreted(boolean kernelLayout) {
    CpuFeatures host = CpuFeatures.host();
    Assumptions.assumeTrue(
        host.x64() && host.fsgsbase(),
        "execution of machine code needs x86-64 linux with fsgsbase");
    long first = Long.getLong("skep.fuzz.seed", 1);
    long count = Long.getLong("skep.fuzz.programs", 4000);
    try (Machine machine = Machine.ofCpus(2);
        Interpreter interpreter = new Interpreter(machine, ProgramTable.EMPTY);
        X64Text text =
            new X64Text(List.of(machine.cpus().at(0), machine.cpus().at(1)), kernelLayout, host)) {
      OneMap linkage = new OneMap(machine.perCpu().allocate(AREA, 8), text.place(spoiler()));
      for (long seed = first; seed < first + count; seed++) {
        long[] insns = new Generator(seed).program();
        NativeProgram compiled = text.load(input(insns), linkage);
        Cpu cpu = machine.cpus().enter((int) (seed & 1));
        long expected = interpreter.loadUnverified("p", insns, linkage).run(cpu, 0, 0);
        long actual = compiled.run(0, cpu);
        machine.cpus().leave();
        compiled.free();
        assertThat(actual).as("seed %d", seed).isEqualTo(expected);
      }
    }
  }

  /** A function of the C library's manners: r9 is not what it was. */
  private static byte[] spoiler() {
    Routine r = new Routine();
    r.asm.moveImmediate64(Gpr.R9, 0x5555_5555_5555_5555L);
    r.asm.moveImmediate64(Gpr.R11, 0x5555_5555_5555_5555L);
    r.asm.moveImmediate32(Gpr.RAX, CALLED);
    r.asm.ret();
    return r.finish();
  }

  /** One program per seed; all that it stores and computes ends up in R0. */
  private static final class Generator {
    private static final int[] SIZES = {0x00, 0x08, 0x10, 0x18};
    private static final int[] ATOMICS = {0x00, 0x40, 0x01, 0x41, 0x51, 0xe1, 0xf1, 0x100, 0x110};

    private final Random random;
    private final long[] insns = new long[2048];
    private final boolean calls;
    private int count;

    Generator(long seed) {
      random = new Random(seed * 0x9e3779b97f4a7c15L);
      calls = random.nextBoolean();
    }

    long[] program() {
      for (int r = 0; r < 10; r++) {
        add(0xb7, r, 0, 0, random.nextInt());
      }
      pointer(9);
      for (int off = 0; off < AREA; off += 8) {
        add(0x7a, 9, 0, off, random.nextInt());
      }
      int rounds = 1 + random.nextInt(12);
      for (int i = 0; i < rounds; i++) {
        round();
      }
      for (int r = 1; r < 10; r++) {
        fold(r);
      }
      pointer(9);
      for (int off = 0; off < AREA; off += 8) {
        add(0x79, 1, 9, off, 0);
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

    private void pointer(int register) {
      add(0x18, register, 2, 0, 0);
      add(0, 0, 0, 0, 0);
      add(0xbf, register, register, -1, 0);
    }

    /** Makes a pointer one way or another, uses it, and overwrites it with a number. */
    private void round() {
      int register = calls ? 6 + random.nextInt(3) : random.nextInt(9);
      int shift = 0;
      switch (random.nextInt(4)) {
        case 0 -> pointer(register);
        case 1 -> {
          int other = (register + 1) % 9;
          pointer(other);
          add(0xbf, register, other, 0, 0);
          add(0xb7, other, 0, 0, random.nextInt());
        }
        case 2 -> {
          int other = (register + 1) % 9;
          shift = 8;
          add(0x18, other, 2, 0, 0);
          add(0, 0, 0, 0, 0);
          add(0x07, other, 0, 0, shift);
          add(0x05, 0, 0, random.nextInt(2), 0);
          add(0xb7, (register + 2) % 9, 0, 0, 1);
          add(0xbf, register, other, -1, 0);
          add(0xb7, other, 0, 0, random.nextInt());
        }
        default -> {
          pointer(register);
          shift = 16;
          add(0x07, register, 0, 0, shift);
        }
      }
      int uses = random.nextInt(8);
      for (int i = 0; i < uses; i++) {
        between(register);
        use(register, shift);
      }
      add(0xb7, register, 0, 0, random.nextInt());
    }

    private int other(int register) {
      int other = random.nextInt(9);
      return other == register ? 9 : other;
    }

    private void between(int register) {
      switch (random.nextInt(5)) {
        case 0 -> add(0x1f, other(register), other(register), 0, 0);
        case 1 -> add(0x2d, other(register), other(register), 0, 0); // a place to jump to
        case 2 -> {
          if (calls) {
            add(0x85, 0, 0, 0, 8);
          }
        }
        case 3 -> add(0x25, other(register), 0, 1, random.nextInt());
        default -> {
          // Nothing between.
        }
      }
    }

    private void use(int register, int shift) {
      int size = SIZES[random.nextInt(4)];
      int off = 8 * random.nextInt(AREA / 8) - shift;
      switch (random.nextInt(5)) {
        case 0 -> add(0x62 | size, register, 0, off, random.nextInt());
        case 1 -> add(0x63 | size, register, other(register), off, 0);
        case 2 -> add(0x61 | size, other(register), register, off, 0);
        case 3 -> add(0x81 | (size == 0x18 ? 0 : size), other(register), register, off, 0);
        default -> atomic(register, off);
      }
    }

    private void atomic(int register, int off) {
      int op = ATOMICS[random.nextInt(ATOMICS.length)];
      if (register == 0) {
        op = 0x110;
      }
      int wide = 0xdb;
      if (op == 0x100) {
        add(wide, other(register), register, off, op);
      } else {
        add(wide, register, other(register), off, op);
      }
    }
  }
}

package dev.skep.interp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcode;
import dev.skep.isa.Opcodes;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Programs of random slots end with a result, a trap or a refusal, never in a crash: memory is
 * checked. Runs for {@code -Dskep.fuzz.seconds} (default 1) from {@code -Dskep.fuzz.seed}.
 */
final class InterpreterFuzzTest {
  private static final Opcode[] OPCODES = Opcode.values();

  @Test
  void randomProgramsDoNoHarm() {
    long seed = Long.getLong("skep.fuzz.seed", 4);
    long end = System.nanoTime() + Long.getLong("skep.fuzz.seconds", 1) * 1_000_000_000L;
    Random random = new Random(seed);
    int finished = 0;
    int trapped = 0;
    int refused = 0;
    try (TestMachine machine = new TestMachine()) {
      long block = machine.block(64);
      machine.functions.put(
          5, (cpu, a, b, c, d, e) -> a == 0 ? cpu.callback().call(b, c, d, e, 0, 0) : a);
      while (System.nanoTime() < end) {
        long[] insns = program(random);
        try {
          UnverifiedProgram program =
              machine.interpreter.loadUnverified("fuzz", insns, machine.linkage);
          machine.run(program, block, 64);
          finished++;
        } catch (Trap e) {
          assertThat(e.insn()).isBetween(0, insns.length);
          trapped++;
        } catch (MalformedException | UnsupportedException e) {
          refused++;
        }
      }
    }
    assertThat(finished).isPositive();
    assertThat(trapped).isPositive();
    assertThat(refused).isPositive();
  }

  /** Jumps and calls lead forward only, so that every program ends. */
  private static long[] program(Random random) {
    long[] insns = new long[1 + random.nextInt(24)];
    for (int i = 0; i < insns.length; i++) {
      Opcode opcode = OPCODES[random.nextInt(OPCODES.length)];
      boolean internal = opcode.group() == Opcode.Group.INTERNAL && random.nextInt(8) != 0;
      long word = internal ? Opcodes.EXIT_CODE : opcode.selector();
      word |= random.nextLong() & opcode.operandMask();
      if (random.nextInt(100) != 0) {
        word = InsnWord.withDst(word, random.nextInt(11));
        word = InsnWord.withSrc(word, source(opcode, word, random));
      }
      insns[i] = forward(opcode, word, insns.length - i - 1, random);
    }
    if (random.nextInt(20) != 0) {
      insns[insns.length - 1] = Opcodes.EXIT_CODE;
    }
    return insns;
  }

  private static int source(Opcode opcode, long word, Random random) {
    boolean operand = (opcode.operandMask() & 0xf000) != 0;
    return operand ? random.nextInt(11) : InsnWord.src(word);
  }

  private static long forward(Opcode opcode, long word, int left, Random random) {
    int distance = random.nextInt(left + 1);
    int code = opcode.code();
    int kind = Opcodes.classOf(code);
    if (code == Opcodes.CALL_CODE) {
      return InsnWord.withImm(word, InsnWord.src(word) == Opcodes.PSEUDO_CALL ? distance : 5);
    }
    if (code == Opcodes.GOTOL_CODE) {
      return InsnWord.withImm(word, distance);
    }
    if (code == Opcodes.LD_IMM64 && InsnWord.src(word) == Opcodes.PSEUDO_FUNC) {
      return InsnWord.withImm(word, distance);
    }
    if (kind == Opcodes.JMP || kind == Opcodes.JMP32) {
      return InsnWord.withOff(word, distance);
    }
    boolean memory = kind == Opcodes.LDX || kind == Opcodes.ST || kind == Opcodes.STX;
    if (memory && random.nextInt(4) != 0) {
      long near = InsnWord.withOff(word, -random.nextInt(64));
      return kind == Opcodes.LDX ? InsnWord.withSrc(near, 10) : InsnWord.withDst(near, 10);
    }
    return word;
  }
}

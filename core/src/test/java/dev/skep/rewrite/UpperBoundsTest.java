package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.isa.CallNames;
import dev.skep.isa.Disassembler;
import dev.skep.isa.InsnWord;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Bounds hold whatever is computed: machine code leaves tests out that they prove redundant. */
class UpperBoundsTest {
  private static final int PROGRAMS = 40_000;
  private static final int LENGTH = 24;
  private static final int[] OPERATIONS = {
    ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, NEG, MOD, XOR, MOV, ARSH
  };
  private static final int[] TESTS = {JEQ, JNE, JGT, JGE, JLT, JLE, JSGT, JSGE, JSLT, JSLE, JSET};

  private final Random random = new Random(20260101);
  private final long[] registers = new long[UpperBounds.REGISTERS];
  private int bounded;

  @Test
  void holdOnEveryPath() {
    for (int i = 0; i < PROGRAMS; i++) {
      follow();
    }
    assertThat(bounded).as("bounds below the greatest").isGreaterThan(PROGRAMS);
  }

  private void follow() {
    UpperBounds bounds = new UpperBounds();
    bounds.forgetAll();
    for (int r = 0; r < registers.length; r++) {
      registers[r] = value();
    }
    StringBuilder text = new StringBuilder();
    // The second round has the numbers of the first, as in a loop.
    long[] words = new long[LENGTH];
    for (int n = 0; n < 2 * LENGTH; n++) {
      if (n < LENGTH) {
        words[n] = word();
      }
      long word = words[n % LENGTH];
      text.append(Disassembler.text(word, 0, CallNames.NONE)).append('\n');
      int type = classOf(InsnWord.code(word));
      if (type == JMP || type == JMP32) {
        bounds.assume(word, taken(word, type == JMP32));
      } else {
        bounds.execute(word, 0, n % LENGTH + 1);
        compute(word, type == ALU);
      }
      check(bounds, text);
    }
  }

  private void check(UpperBounds bounds, CharSequence text) {
    for (int r = 0; r < registers.length; r++) {
      long value = registers[r];
      boolean holds =
          Long.compareUnsigned(value, bounds.max[r]) <= 0
              && (value & 0xffffffffL) <= bounds.low[r]
              && Long.compareUnsigned(bounds.low[r], bounds.max[r]) <= 0;
      for (int other = 0; other < r; other++) {
        boolean same = bounds.same[r] != 0 && bounds.same[r] == bounds.same[other];
        holds &= !same || value == registers[other];
      }
      assertThat(holds).as("r%d = %x after%n%s", r, value, text).isTrue();
      bounded += bounds.max[r] != -1 ? 1 : 0;
    }
  }

  private long value() {
    return switch (random.nextInt(6)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextInt() & 0xffffffffL;
      case 2 -> random.nextInt();
      case 3 -> random.nextInt(8) - 2;
      case 4 -> (1L << random.nextInt(64)) - random.nextInt(2);
      default -> random.nextInt(300);
    };
  }

  private long word() {
    int dst = random.nextInt(4);
    int src = random.nextInt(4);
    int x = random.nextBoolean() ? X : K;
    int imm = x == X ? 0 : (int) value();
    src = x == X ? src : 0;
    if (random.nextInt(3) == 0) {
      int test = TESTS[random.nextInt(TESTS.length)];
      return InsnWord.of((random.nextBoolean() ? JMP : JMP32) | test | x, dst, src, 0, imm);
    }
    boolean wide = random.nextBoolean();
    int operation = OPERATIONS[random.nextInt(OPERATIONS.length)];
    int code = (wide ? ALU64 : ALU) | operation | x;
    if (operation == NEG) {
      return InsnWord.of(code & ~X, dst, 0, 0, 0);
    }
    if (operation == LSH || operation == RSH || operation == ARSH) {
      imm = x == X ? 0 : random.nextInt(wide ? 64 : 32);
    }
    if ((operation == DIV || operation == MOD) && x == K && imm == 0) {
      imm = 3;
    }
    int off = 0;
    if (operation == MOV && x == X && random.nextInt(3) == 0) {
      off = wide ? 8 << random.nextInt(3) : 8 << random.nextInt(2);
    }
    return InsnWord.of(code, dst, src, off, imm);
  }

  private boolean taken(long word, boolean half) {
    int code = InsnWord.code(word);
    long a = registers[InsnWord.dst(word)];
    long b = isX(code) ? registers[InsnWord.src(word)] : InsnWord.imm(word);
    if (half) {
      a = Math.toIntExact(a << 32 >> 32);
      b = Math.toIntExact(b << 32 >> 32);
    }
    long unsignedA = half ? a & 0xffffffffL : a;
    long unsignedB = half ? b & 0xffffffffL : b;
    int order = Long.compareUnsigned(unsignedA, unsignedB);
    return switch (op(code)) {
      case JEQ -> a == b;
      case JNE -> a != b;
      case JGT -> order > 0;
      case JGE -> order >= 0;
      case JLT -> order < 0;
      case JLE -> order <= 0;
      case JSGT -> a > b;
      case JSGE -> a >= b;
      case JSLT -> a < b;
      case JSLE -> a <= b;
      default -> (unsignedA & unsignedB) != 0;
    };
  }

  private void compute(long word, boolean half) {
    int code = InsnWord.code(word);
    int dst = InsnWord.dst(word);
    long a = registers[dst];
    long b = isX(code) ? registers[InsnWord.src(word)] : InsnWord.imm(word);
    if (half) {
      a &= 0xffffffffL;
      b &= 0xffffffffL;
    }
    int by = (int) b & (half ? 31 : 63);
    long result =
        switch (op(code)) {
          case ADD -> a + b;
          case SUB -> a - b;
          case MUL -> a * b;
          case DIV -> b == 0 ? 0 : Long.divideUnsigned(a, b);
          case MOD -> b == 0 ? a : Long.remainderUnsigned(a, b);
          case OR -> a | b;
          case AND -> a & b;
          case XOR -> a ^ b;
          case LSH -> a << by;
          case RSH -> a >>> by;
          case ARSH -> half ? (int) a >> by : a >> by;
          case NEG -> -a;
          default -> moved(b, InsnWord.off(word));
        };
    registers[dst] = half ? result & 0xffffffffL : result;
  }

  private static long moved(long value, int off) {
    return switch (off) {
      case 8 -> (byte) value;
      case 16 -> (short) value;
      case 32 -> (int) value;
      default -> value;
    };
  }
}

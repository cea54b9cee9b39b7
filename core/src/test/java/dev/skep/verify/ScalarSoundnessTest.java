package dev.skep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Abstract values that were made from a few concrete ones must hold the results of these, whatever
 * is done to both.
 */
class ScalarSoundnessTest {
  private static final int[] OPERATIONS = {
    ScalarAlu.ADD,
    ScalarAlu.SUB,
    ScalarAlu.MUL,
    ScalarAlu.OR,
    ScalarAlu.AND,
    ScalarAlu.LSH,
    ScalarAlu.RSH,
    ScalarAlu.XOR,
    ScalarAlu.ARSH
  };

  private static final int[] JUMPS = {
    ScalarBranch.JEQ,
    ScalarBranch.JNE,
    ScalarBranch.JSET,
    ScalarBranch.JGT,
    ScalarBranch.JGE,
    ScalarBranch.JLT,
    ScalarBranch.JLE,
    ScalarBranch.JSGT,
    ScalarBranch.JSGE,
    ScalarBranch.JSLT,
    ScalarBranch.JSLE
  };

  private static final int ROUNDS = 60_000;

  private final SplittableRandom random = new SplittableRandom(20_260_911);

  /** A number near a border, or any. */
  private long number() {
    long base =
        switch (random.nextInt(6)) {
          case 0 -> 0;
          case 1 -> 1L << random.nextInt(64);
          case 2 -> -1L << random.nextInt(64);
          case 3 -> Integer.MIN_VALUE;
          case 4 -> random.nextInt();
          default -> random.nextLong();
        };
    return base + random.nextInt(-3, 4);
  }

  /** The best that is known of two numbers, made weaker at random, then synced. */
  private Scalar abstraction(long x, long y) {
    Scalar s = new Scalar();
    s.setUnknown();
    if (random.nextInt(4) > 0) {
      long blur = random.nextLong();
      s.mask = x ^ y | (random.nextBoolean() ? blur & random.nextLong() : 0);
      s.value = x & ~s.mask;
    }
    if (random.nextBoolean()) {
      s.smin = Math.min(x, y);
      s.smax = Math.max(x, y);
    }
    if (random.nextBoolean()) {
      s.umin = ScalarBounds.umin(x, y);
      s.umax = ScalarBounds.umax(x, y);
    }
    if (random.nextBoolean()) {
      s.smin32 = Math.min((int) x, (int) y);
      s.smax32 = Math.max((int) x, (int) y);
    }
    if (random.nextBoolean()) {
      s.umin32 = Math.min(x & Scalar.U32_MAX, y & Scalar.U32_MAX);
      s.umax32 = Math.max(x & Scalar.U32_MAX, y & Scalar.U32_MAX);
    }
    ScalarBounds.sync(s);
    holds(s, x);
    holds(s, y);
    return s;
  }

  private static void holds(Scalar s, long x) {
    if (!s.contains(x) || ScalarBounds.violation(s) != null) {
      long[] packed = new long[Reg.STRIDE];
      Reg.setType(packed, 0, RegType.SCALAR);
      s.store(packed, 0);
      throw new AssertionError(Long.toHexString(x) + " not in " + StatePrinterTest.text(packed));
    }
  }

  private static long concrete(int op, long a, long b, boolean alu32) {
    if (alu32) {
      int x = (int) a;
      int y = (int) b;
      int result =
          switch (op) {
            case ScalarAlu.ADD -> x + y;
            case ScalarAlu.SUB -> x - y;
            case ScalarAlu.MUL -> x * y;
            case ScalarAlu.OR -> x | y;
            case ScalarAlu.AND -> x & y;
            case ScalarAlu.XOR -> x ^ y;
            case ScalarAlu.LSH -> x << y;
            case ScalarAlu.RSH -> x >>> y;
            default -> x >> y;
          };
      return result & Scalar.U32_MAX;
    }
    return switch (op) {
      case ScalarAlu.ADD -> a + b;
      case ScalarAlu.SUB -> a - b;
      case ScalarAlu.MUL -> a * b;
      case ScalarAlu.OR -> a | b;
      case ScalarAlu.AND -> a & b;
      case ScalarAlu.XOR -> a ^ b;
      case ScalarAlu.LSH -> a << b;
      case ScalarAlu.RSH -> a >>> b;
      default -> a >> b;
    };
  }

  private static boolean isShift(int op) {
    return op == ScalarAlu.LSH || op == ScalarAlu.RSH || op == ScalarAlu.ARSH;
  }

  @Test
  void arithmetic() {
    for (int i = 0; i < ROUNDS; i++) {
      int op = OPERATIONS[random.nextInt(OPERATIONS.length)];
      boolean alu32 = random.nextBoolean();
      long x = number();
      long y = number();
      long v = isShift(op) ? random.nextInt(alu32 ? 32 : 64) : number();
      long w = isShift(op) || random.nextBoolean() ? v : number();
      Scalar d = abstraction(x, y);
      boolean known = ScalarAlu.apply(d, abstraction(v, w), op, alu32);
      if (!isShift(op)) {
        assertThat(known).isTrue();
      }
      if (known) {
        holds(d, concrete(op, x, v, alu32));
        holds(d, concrete(op, x, w, alu32));
        holds(d, concrete(op, y, v, alu32));
        holds(d, concrete(op, y, w, alu32));
      }
    }
  }

  @Test
  void negationAndByteOrder() {
    Scalar scratch = new Scalar();
    for (int i = 0; i < ROUNDS; i++) {
      long x = number();
      long y = number();
      boolean alu32 = random.nextBoolean();
      Scalar d = abstraction(x, y);
      ScalarAlu.negate(d, scratch, alu32);
      holds(d, alu32 ? -x & Scalar.U32_MAX : -x);
      holds(d, alu32 ? -y & Scalar.U32_MAX : -y);
      int bits = 16 << random.nextInt(3);
      d = abstraction(x, y);
      ScalarAlu.byteSwap(d, bits, true);
      holds(d, Long.reverseBytes(x) >>> 64 - bits);
      d = abstraction(x, y);
      ScalarAlu.byteSwap(d, bits, false);
      holds(d, x << 64 - bits >>> 64 - bits);
    }
  }

  @Test
  void widths() {
    for (int i = 0; i < ROUNDS; i++) {
      long x = number();
      long y = number();
      int bytes = 1 << random.nextInt(3);
      int shift = 64 - bytes * 8;
      Scalar d = abstraction(x, y);
      ScalarBounds.truncate(d, bytes);
      holds(d, x << shift >>> shift);
      d = abstraction(x, y);
      ScalarBounds.signExtend(d, bytes);
      holds(d, x << shift >> shift);
      d = abstraction(x, y);
      ScalarBounds.zeroExtend(d);
      ScalarBounds.sync(d);
      holds(d, x & Scalar.U32_MAX);
      if (bytes < 4) {
        d = abstraction(x, y);
        ScalarBounds.signExtend32(d, bytes);
        ScalarBounds.zeroExtend(d);
        ScalarBounds.sync(d);
        holds(d, x << shift >> shift & Scalar.U32_MAX);
      }
    }
  }

  private static boolean jumps(int op, long a, long b, boolean jmp32) {
    long x = jmp32 ? (int) a : a;
    long y = jmp32 ? (int) b : b;
    int unsigned = Long.compareUnsigned(x, y);
    return switch (op) {
      case ScalarBranch.JEQ -> x == y;
      case ScalarBranch.JNE -> x != y;
      case ScalarBranch.JSET -> (x & y & (jmp32 ? Scalar.U32_MAX : -1)) != 0;
      case ScalarBranch.JGT -> unsigned > 0;
      case ScalarBranch.JGE -> unsigned >= 0;
      case ScalarBranch.JLT -> unsigned < 0;
      case ScalarBranch.JLE -> unsigned <= 0;
      case ScalarBranch.JSGT -> x > y;
      case ScalarBranch.JSGE -> x >= y;
      case ScalarBranch.JSLT -> x < y;
      default -> x <= y;
    };
  }

  @Test
  void branches() {
    for (int i = 0; i < ROUNDS; i++) {
      int op = JUMPS[random.nextInt(JUMPS.length)];
      boolean jmp32 = random.nextBoolean();
      long x = number();
      long v = random.nextInt(4) == 0 ? x + random.nextInt(-1, 2) : number();
      Scalar a = abstraction(x, number());
      Scalar b = abstraction(v, random.nextBoolean() ? v : number());
      boolean jump = jumps(op, x, v, jmp32);
      int taken = ScalarBranch.taken(a, b, op, jmp32);
      if (taken >= 0) {
        assertThat(taken == 1).isEqualTo(jump);
        continue;
      }
      ScalarBranch.refine(a, b, jump ? op : ScalarBranch.negate(op), jmp32);
      holds(a, x);
      holds(b, v);
    }
  }

  @Test
  void flippedAndNegatedJumps() {
    for (int op : JUMPS) {
      for (int i = 0; i < 200; i++) {
        long x = number();
        long y = random.nextBoolean() ? x : number();
        assertThat(jumps(ScalarBranch.flip(op), y, x, false)).isEqualTo(jumps(op, x, y, false));
        if (op != ScalarBranch.JSET) {
          assertThat(jumps(ScalarBranch.negate(op), x, y, true)).isEqualTo(!jumps(op, x, y, true));
        }
      }
    }
  }
}

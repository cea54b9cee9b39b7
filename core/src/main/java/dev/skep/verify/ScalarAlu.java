package dev.skep.verify;

/**
 * Arithmetic on abstract scalars: the transfer functions of adjust_scalar_min_max_vals, as of Linux
 * 6.18. Every method changes its first argument and reads the second; they leave the views for
 * {@link ScalarBounds#sync}.
 */
final class ScalarAlu {
  static final int ADD = 0x00;
  static final int SUB = 0x10;
  static final int MUL = 0x20;
  static final int OR = 0x40;
  static final int AND = 0x50;
  static final int LSH = 0x60;
  static final int RSH = 0x70;
  static final int NEG = 0x80;
  static final int XOR = 0xa0;
  static final int ARSH = 0xc0;

  private static final long LOW = 0xffffffffL;

  private ScalarAlu() {}

  /**
   * Computes {@code d op= s}, with zero extension for 32-bit operations and the final sync.
   *
   * @param op upper four bits of the instruction's code
   * @return false when nothing is known of the result (division, shift by an unknown or too large
   *     amount): the caller marks the register unknown
   */
  static boolean apply(Scalar d, Scalar s, int op, boolean alu32) {
    switch (op) {
      case ADD -> add(d, s);
      case SUB -> sub(d, s);
      case MUL -> mul(d, s);
      case AND -> and(d, s);
      case OR -> or(d, s);
      case XOR -> xor(d, s);
      case LSH, RSH, ARSH -> {
        if (!shiftable(s, alu32)) {
          return false;
        }
        shift(d, s, op, alu32);
      }
      default -> {
        return false;
      }
    }
    if (alu32) {
      ScalarBounds.zeroExtend(d);
    }
    ScalarBounds.sync(d);
    return true;
  }

  /** Computes {@code d = -d}; {@code scratch} is clobbered. */
  static void negate(Scalar d, Scalar scratch, boolean alu32) {
    scratch.copy(d);
    d.setConst(0);
    sub32(d, scratch);
    sub64(d, scratch);
    Tnum.set(d, scratch.value, scratch.mask);
    Tnum.neg(d);
    if (alu32) {
      ScalarBounds.zeroExtend(d);
    }
    ScalarBounds.sync(d);
  }

  /**
   * Byte order change (BPF_END).
   *
   * @param bits 16, 32 or 64
   * @param swap whether bytes are reversed, or only the upper ones cleared
   */
  static void byteSwap(Scalar d, int bits, boolean swap) {
    if (swap) {
      Tnum.byteSwap(d, bits / 8);
      d.unbound();
    }
    if (bits < 64) {
      ScalarBounds.truncate(d, bits / 8);
    }
    ScalarBounds.sync(d);
  }

  /** Addition without zero extension or sync, as linked scalars need it. */
  static void add(Scalar d, Scalar s) {
    add32(d, s);
    add64(d, s);
    Tnum.add(d, s.value, s.mask);
  }

  private static void sub(Scalar d, Scalar s) {
    sub32(d, s);
    sub64(d, s);
    Tnum.sub(d, s.value, s.mask);
  }

  private static void add32(Scalar d, Scalar s) {
    long smin = (long) d.smin32 + s.smin32;
    long smax = (long) d.smax32 + s.smax32;
    signed32(d, smin, smax);
    long umin = d.umin32 + s.umin32;
    long umax = d.umax32 + s.umax32;
    boolean some = umin <= LOW && umax > LOW;
    d.umin32 = some ? 0 : umin & LOW;
    d.umax32 = some ? LOW : umax & LOW;
  }

  private static void add64(Scalar d, Scalar s) {
    long smin = d.smin + s.smin;
    long smax = d.smax + s.smax;
    boolean overflow =
        ((d.smin ^ smin) & (s.smin ^ smin)) < 0 || ((d.smax ^ smax) & (s.smax ^ smax)) < 0;
    d.smin = overflow ? Long.MIN_VALUE : smin;
    d.smax = overflow ? Long.MAX_VALUE : smax;
    long umin = d.umin + s.umin;
    long umax = d.umax + s.umax;
    boolean minOverflows = Long.compareUnsigned(umin, d.umin) < 0;
    boolean maxOverflows = Long.compareUnsigned(umax, d.umax) < 0;
    boolean some = !minOverflows && maxOverflows;
    d.umin = some ? 0 : umin;
    d.umax = some ? -1 : umax;
  }

  private static void sub32(Scalar d, Scalar s) {
    signed32(d, (long) d.smin32 - s.smax32, (long) d.smax32 - s.smin32);
    long umin = d.umin32 - s.umax32;
    long umax = d.umax32 - s.umin32;
    boolean some = umin < 0 && umax >= 0;
    d.umin32 = some ? 0 : umin & LOW;
    d.umax32 = some ? LOW : umax & LOW;
  }

  private static void sub64(Scalar d, Scalar s) {
    long smin = d.smin - s.smax;
    long smax = d.smax - s.smin;
    boolean overflow =
        ((d.smin ^ s.smax) & (d.smin ^ smin)) < 0 || ((d.smax ^ s.smin) & (d.smax ^ smax)) < 0;
    d.smin = overflow ? Long.MIN_VALUE : smin;
    d.smax = overflow ? Long.MAX_VALUE : smax;
    boolean minUnderflows = Long.compareUnsigned(d.umin, s.umax) < 0;
    boolean maxUnderflows = Long.compareUnsigned(d.umax, s.umin) < 0;
    boolean some = minUnderflows && !maxUnderflows;
    d.umin = some ? 0 : d.umin - s.umax;
    d.umax = some ? -1 : d.umax - s.umin;
  }

  /** Takes a 32-bit signed range, or none when an end does not fit. */
  private static void signed32(Scalar d, long min, long max) {
    boolean fits = min == (int) min && max == (int) max;
    d.smin32 = fits ? (int) min : Integer.MIN_VALUE;
    d.smax32 = fits ? (int) max : Integer.MAX_VALUE;
  }

  private static void mul(Scalar d, Scalar s) {
    Tnum.mul(d, s.value, s.mask);
    mul32(d, s);
    mul64(d, s);
  }

  private static void mul32(Scalar d, Scalar s) {
    long umin = d.umin32 * s.umin32;
    long umax = d.umax32 * s.umax32;
    boolean overflow = Long.compareUnsigned(umax, LOW) > 0 || Long.compareUnsigned(umin, LOW) > 0;
    d.umin32 = overflow ? 0 : umin;
    d.umax32 = overflow ? LOW : umax;
    long a = (long) d.smin32 * s.smin32;
    long b = (long) d.smin32 * s.smax32;
    long c = (long) d.smax32 * s.smin32;
    long e = (long) d.smax32 * s.smax32;
    signed32(d, Math.min(Math.min(a, b), Math.min(c, e)), Math.max(Math.max(a, b), Math.max(c, e)));
  }

  private static void mul64(Scalar d, Scalar s) {
    boolean overflow =
        Math.unsignedMultiplyHigh(d.umax, s.umax) != 0
            || Math.unsignedMultiplyHigh(d.umin, s.umin) != 0;
    d.umin = overflow ? 0 : d.umin * s.umin;
    d.umax = overflow ? -1 : d.umax * s.umax;
    if (overflows(d.smin, s.smin)
        || overflows(d.smin, s.smax)
        || overflows(d.smax, s.smin)
        || overflows(d.smax, s.smax)) {
      d.smin = Long.MIN_VALUE;
      d.smax = Long.MAX_VALUE;
      return;
    }
    long a = d.smin * s.smin;
    long b = d.smin * s.smax;
    long c = d.smax * s.smin;
    long e = d.smax * s.smax;
    d.smin = Math.min(Math.min(a, b), Math.min(c, e));
    d.smax = Math.max(Math.max(a, b), Math.max(c, e));
  }

  private static boolean overflows(long a, long b) {
    return Math.multiplyHigh(a, b) != a * b >> 63;
  }

  private static void and(Scalar d, Scalar s) {
    boolean known32 = s.isConst32() && d.isConst32();
    boolean known = s.isConst() && d.isConst();
    Tnum.and(d, s.value, s.mask);
    if (known32) {
      d.setConst32(d.value);
    } else {
      bitwise32(d, d.value & LOW, Math.min(d.umax32, s.umax32));
    }
    if (known) {
      d.setConst(d.value);
    } else {
      bitwise64(d, d.value, ScalarBounds.umin(d.umax, s.umax));
    }
  }

  private static void or(Scalar d, Scalar s) {
    boolean known32 = s.isConst32() && d.isConst32();
    boolean known = s.isConst() && d.isConst();
    Tnum.or(d, s.value, s.mask);
    if (known32) {
      d.setConst32(d.value);
    } else {
      bitwise32(d, Math.max(d.umin32, s.umin32), (d.value | d.mask) & LOW);
    }
    if (known) {
      d.setConst(d.value);
    } else {
      bitwise64(d, ScalarBounds.umax(d.umin, s.umin), d.value | d.mask);
    }
  }

  private static void xor(Scalar d, Scalar s) {
    boolean known32 = s.isConst32() && d.isConst32();
    boolean known = s.isConst() && d.isConst();
    Tnum.xor(d, s.value, s.mask);
    if (known32) {
      d.setConst32(d.value);
    } else {
      bitwise32(d, d.value & LOW, (d.value | d.mask) & LOW);
    }
    if (known) {
      d.setConst(d.value);
    } else {
      bitwise64(d, d.value, d.value | d.mask);
    }
  }

  /** An unsigned range, which is also the signed one where it does not cross the sign boundary. */
  private static void bitwise32(Scalar d, long min, long max) {
    d.umin32 = min;
    d.umax32 = max;
    boolean ordered = (int) min <= (int) max;
    d.smin32 = ordered ? (int) min : Integer.MIN_VALUE;
    d.smax32 = ordered ? (int) max : Integer.MAX_VALUE;
  }

  private static void bitwise64(Scalar d, long min, long max) {
    d.umin = min;
    d.umax = max;
    boolean ordered = min <= max;
    d.smin = ordered ? min : Long.MIN_VALUE;
    d.smax = ordered ? max : Long.MAX_VALUE;
    ScalarBounds.update(d);
  }

  private static boolean shiftable(Scalar s, boolean alu32) {
    boolean constant =
        alu32
            ? s.isConst32() && s.smin32 == s.smax32 && s.umin32 == s.umax32
            : s.isConst() && s.smin == s.smax && s.umin == s.umax;
    return constant && Long.compareUnsigned(s.umax, alu32 ? 32 : 64) < 0;
  }

  private static void shift(Scalar d, Scalar s, int op, boolean alu32) {
    if (alu32) {
      int n = (int) s.umin32;
      switch (op) {
        case LSH -> lsh32(d, n);
        case RSH -> rsh32(d, n);
        default -> arsh32(d, n);
      }
    } else {
      int n = (int) s.umin;
      switch (op) {
        case LSH -> lsh64(d, n);
        case RSH -> rsh64(d, n);
        default -> arsh64(d, n);
      }
    }
  }

  /** The 32-bit ranges of a left shift, which may lose bits. */
  private static void lshLower(Scalar d, int n) {
    d.smin32 = Integer.MIN_VALUE;
    d.smax32 = Integer.MAX_VALUE;
    if (n > 31 || d.umax32 > 1L << 31 - n) {
      d.umin32 = 0;
      d.umax32 = LOW;
    } else {
      d.umin32 = d.umin32 << n & LOW;
      d.umax32 = d.umax32 << n & LOW;
    }
  }

  private static void lsh32(Scalar d, int n) {
    lshLower(d, n);
    Tnum.cast(d, 4);
    Tnum.lsh(d, n);
    Tnum.cast(d, 4);
    d.unbound64();
    ScalarBounds.update32(d);
  }

  private static void lsh64(Scalar d, int n) {
    // The pair "<<= 32, s>>= 32" is how compilers extend a sign: keep what the lower half knows.
    d.smax = n == 32 ? (long) d.smax32 << 32 : Long.MAX_VALUE;
    d.smin = n == 32 ? (long) d.smin32 << 32 : Long.MIN_VALUE;
    if (Long.compareUnsigned(d.umax, 1L << 63 - n) > 0) {
      d.umin = 0;
      d.umax = -1;
    } else {
      d.umin <<= n;
      d.umax <<= n;
    }
    lshLower(d, n);
    Tnum.lsh(d, n);
    ScalarBounds.update(d);
  }

  private static void rsh32(Scalar d, int n) {
    d.smin32 = Integer.MIN_VALUE;
    d.smax32 = Integer.MAX_VALUE;
    Tnum.cast(d, 4);
    Tnum.rsh(d, n);
    d.umin32 >>>= n;
    d.umax32 >>>= n;
    d.unbound64();
    ScalarBounds.update32(d);
  }

  private static void rsh64(Scalar d, int n) {
    d.smin = Long.MIN_VALUE;
    d.smax = Long.MAX_VALUE;
    Tnum.rsh(d, n);
    d.umin >>>= n;
    d.umax >>>= n;
    d.unbound32();
    ScalarBounds.update(d);
  }

  private static void arsh32(Scalar d, int n) {
    d.smin32 >>= n;
    d.smax32 >>= n;
    Tnum.arsh32(d, n);
    d.umin32 = 0;
    d.umax32 = LOW;
    d.unbound64();
    ScalarBounds.update32(d);
  }

  private static void arsh64(Scalar d, int n) {
    d.smin >>= n;
    d.smax >>= n;
    Tnum.arsh(d, n);
    d.umin = 0;
    d.umax = -1;
    d.unbound32();
    ScalarBounds.update(d);
  }
}

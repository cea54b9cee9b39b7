package dev.skep.verify;

/**
 * Arithmetic on tristate numbers: bits known to be 0 or 1, or unknown (kernel/bpf/tnum.c). The left
 * operand and the result are {@link Scalar#value} and {@link Scalar#mask} of a cell, whose ranges
 * are left alone.
 */
final class Tnum {
  private static final long LOW = 0xffffffffL;

  private Tnum() {}

  static void set(Scalar d, long value, long mask) {
    d.value = value;
    d.mask = mask;
  }

  static void add(Scalar d, long value, long mask) {
    long masks = d.mask + mask;
    long values = d.value + value;
    long unknown = masks + values ^ values | d.mask | mask;
    set(d, values & ~unknown, unknown);
  }

  static void sub(Scalar d, long value, long mask) {
    long difference = d.value - value;
    long unknown = difference + d.mask ^ difference - mask | d.mask | mask;
    set(d, difference & ~unknown, unknown);
  }

  /** {@code 0 - d}. */
  static void neg(Scalar d) {
    long value = d.value;
    long mask = d.mask;
    set(d, 0, 0);
    sub(d, value, mask);
  }

  static void and(Scalar d, long value, long mask) {
    long ones = d.value & value;
    set(d, ones, (d.value | d.mask) & (value | mask) & ~ones);
  }

  static void or(Scalar d, long value, long mask) {
    long ones = d.value | value;
    set(d, ones, (d.mask | mask) & ~ones);
  }

  static void xor(Scalar d, long value, long mask) {
    long unknown = d.mask | mask;
    set(d, (d.value ^ value) & ~unknown, unknown);
  }

  /**
   * Long multiplication over the bits of the left operand; where such a bit is unknown the sums
   * with and without the addend are joined.
   */
  static void mul(Scalar d, long value, long mask) {
    long leftValue = d.value;
    long leftMask = d.mask;
    long rightValue = value;
    long rightMask = mask;
    if ((leftMask | rightMask) == 0) {
      set(d, leftValue * rightValue, 0);
      return;
    }
    set(d, 0, 0);
    // Nothing can be added to what is wholly unknown.
    while ((leftValue | leftMask) != 0 && d.mask != -1) {
      if ((leftValue & 1) != 0) {
        add(d, rightValue, rightMask);
      } else if ((leftMask & 1) != 0) {
        long accValue = d.value;
        long accMask = d.mask;
        add(d, rightValue, rightMask);
        union(d, accValue, accMask);
      }
      leftValue >>>= 1;
      leftMask >>>= 1;
      rightValue <<= 1;
      rightMask <<= 1;
    }
  }

  /** The values of both. */
  static void union(Scalar d, long value, long mask) {
    long unknown = d.value ^ value | d.mask | mask;
    set(d, d.value & value & ~unknown, unknown);
  }

  /** What both allow; a bit known as 1 on one side and 0 on the other becomes 1. */
  static void intersect(Scalar d, long value, long mask) {
    long unknown = d.mask & mask;
    set(d, (d.value | value) & ~unknown, unknown);
  }

  /** Intersects with the smallest tnum that holds [min, max], both unsigned (tnum_range). */
  static void intersectRange(Scalar d, long min, long max) {
    long delta = rangeMask(min, max);
    intersect(d, min & ~delta, delta);
  }

  /** The mask of tnum_range; its value is {@code min & ~mask}. */
  static long rangeMask(long min, long max) {
    int bits = Long.numberOfLeadingZeros(min ^ max);
    return bits == 0 ? -1 : (1L << 64 - bits) - 1;
  }

  static void lsh(Scalar d, int shift) {
    set(d, d.value << shift, d.mask << shift);
  }

  static void rsh(Scalar d, int shift) {
    set(d, d.value >>> shift, d.mask >>> shift);
  }

  static void arsh(Scalar d, int shift) {
    set(d, d.value >> shift, d.mask >> shift);
  }

  /** Arithmetic shift of the lower half; the upper half becomes 0. */
  static void arsh32(Scalar d, int shift) {
    set(d, (int) d.value >> shift & LOW, (int) d.mask >> shift & LOW);
  }

  /** Keeps the low {@code bytes} bytes (tnum_cast). */
  static void cast(Scalar d, int bytes) {
    if (bytes < 8) {
      long keep = (1L << bytes * 8) - 1;
      set(d, d.value & keep, d.mask & keep);
    }
  }

  /** Puts a lower half in place (tnum_with_subreg). */
  static void withLower(Scalar d, long value, long mask) {
    set(d, d.value & ~LOW | value & LOW, d.mask & ~LOW | mask & LOW);
  }

  /** Reverses the low {@code bytes} bytes and clears the others. */
  static void byteSwap(Scalar d, int bytes) {
    int shift = 64 - bytes * 8;
    set(d, Long.reverseBytes(d.value) >>> shift, Long.reverseBytes(d.mask) >>> shift);
  }

  /**
   * The smallest member greater than {@code z}, unsigned; the largest member if there is none
   * (tnum_step).
   */
  static long next(long value, long mask, long z) {
    long largest = value | mask;
    if (Long.compareUnsigned(z, largest) >= 0) {
      return largest;
    }
    if (Long.compareUnsigned(z, value) < 0) {
      return value;
    }
    // Count up in the unknown bits only: the known ones, and those below the highest bit that z
    // has set where it may not, are filled so that the carry passes through them.
    long distance = z - value;
    long strayBits = distance & ~mask;
    long below = strayBits == 0 ? 0 : -1L >>> Long.numberOfLeadingZeros(strayBits);
    return value | (distance | below | ~mask) + 1 & mask;
  }

  /** Whether some value is in both. */
  static boolean overlap(long value1, long mask1, long value2, long mask2) {
    long known = ~mask1 & ~mask2;
    return (value1 & known) == (value2 & known);
  }

  /** Whether every value of the second is one of the first (tnum_in). */
  static boolean in(long value1, long mask1, long value2, long mask2) {
    return (mask2 & ~mask1) == 0 && (value2 & ~mask1) == value1;
  }

  /** Whether every value is a multiple of a power of two. */
  static boolean aligned(long value, long mask, long size) {
    return size == 0 || ((value | mask) & size - 1) == 0;
  }
}

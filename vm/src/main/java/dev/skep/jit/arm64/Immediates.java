package dev.skep.jit.arm64;

/** Which constants fit into instructions. */
final class Immediates {
  /** What {@link #bitmask} gives for a constant that no bitmask makes. */
  static final int NONE = -1;

  private Immediates() {}

  /** Whether an addition takes the constant: 12 bits, or 12 bits shifted left by 12. */
  static boolean isAddend(int value) {
    return value >>> 12 == 0 || (value & 0xfff) == 0 && value >>> 24 == 0;
  }

  /**
   * The fields N:immr:imms (bits 22 to 10 of a logical instruction) of a run of ones, rotated and
   * repeated, or {@link #NONE}.
   *
   * @param sf 1 for 64-bit registers; with 0 only the low half of {@code value} counts
   */
  static int bitmask(int sf, long value) {
    long pattern = sf == 1 ? value : value & 0xffff_ffffL | value << 32;
    if (pattern == 0 || pattern == -1) {
      return NONE;
    }
    int size = elementBits(pattern);
    long mask = size == 64 ? -1 : (1L << size) - 1;
    long element = pattern & mask;
    int ones = Long.bitCount(element);
    int rotation = rotation(element, size, ones, mask);
    if (rotation < 0) {
      return NONE;
    }
    int imms = -(size << 1) & 0x3f | ones - 1;
    int n = size == 64 ? 1 : 0;
    return n << 12 | rotation << 6 | imms;
  }

  /** The 64-bit pattern of the fields that {@link #bitmask} gives. */
  static long ofBitmask(int fields) {
    int immr = fields >>> 6 & 63;
    int imms = fields & 63;
    int size = 32;
    if (fields >>> 12 == 1) {
      size = 64;
    } else {
      while (size > 2 && (imms & size) != 0) {
        size /= 2;
      }
    }
    int ones = (imms & size - 1) + 1;
    long element = ones == 64 ? -1 : (1L << ones) - 1;
    long pattern = 0;
    for (int at = 0; at < 64; at += size) {
      pattern |= element << at;
    }
    // All elements are alike, so a rotation of the whole is one of each.
    return Long.rotateRight(pattern, immr & size - 1);
  }

  /** The smallest period of the pattern, from 2 to 64. */
  private static int elementBits(long pattern) {
    int size = 64;
    while (size > 2) {
      int half = size / 2;
      long mask = (1L << half) - 1;
      if ((pattern & mask) != (pattern >>> half & mask)) {
        break;
      }
      size = half;
    }
    return size;
  }

  /** How far {@code ones} low ones are rotated right to make the element, or -1. */
  private static int rotation(long element, int size, int ones, long mask) {
    long run = ones == 64 ? -1 : (1L << ones) - 1;
    for (int right = 0; right < size; right++) {
      long rotated = right == 0 ? run : (run >>> right | run << size - right) & mask;
      if (rotated == element) {
        return right;
      }
    }
    return -1;
  }
}

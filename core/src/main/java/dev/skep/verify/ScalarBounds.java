package dev.skep.verify;

/**
 * Keeps the five views of a {@link Scalar} in step: what one range or the known bits say is carried
 * into the others (reg_bounds_sync and what it calls, as of Linux 6.18.44, which has a few rules
 * that 6.18 had not).
 */
final class ScalarBounds {
  private static final int ROUNDS = 3;
  private static final long LOW = 0xffffffffL;

  private ScalarBounds() {}

  static long umin(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  static long umax(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  /** Brings all views in step (reg_bounds_sync). */
  static void sync(Scalar s) {
    if (s.mask == 0 ? isExactly(s, s.value) : s.mask == -1 && isUnbounded(s)) {
      return;
    }
    update(s);
    int rounds = 1;
    while (deduce(s) && rounds < ROUNDS) {
      rounds++; // one that changes nothing is the last
    }
    boundKnownBits(s);
    update(s);
  }

  /** One round; whether it changed anything. */
  private static boolean deduce(Scalar s) {
    long smin = s.smin;
    long smax = s.smax;
    long umin = s.umin;
    long umax = s.umax;
    long smin32 = s.smin32;
    long smax32 = s.smax32;
    long umin32 = s.umin32;
    long umax32 = s.umax32;
    long value = s.value;
    long mask = s.mask;
    deduce32(s);
    deduce64(s);
    deduceMixed(s);
    return (smin ^ s.smin
            | smax ^ s.smax
            | umin ^ s.umin
            | umax ^ s.umax
            | smin32 ^ s.smin32
            | smax32 ^ s.smax32
            | umin32 ^ s.umin32
            | umax32 ^ s.umax32
            | value ^ s.value
            | mask ^ s.mask)
        != 0;
  }

  private static boolean isUnbounded(Scalar s) {
    return s.umax == -1
        && s.umin == 0
        && s.smin == Long.MIN_VALUE
        && s.smax == Long.MAX_VALUE
        && s.smin32 == Integer.MIN_VALUE
        && s.smax32 == Integer.MAX_VALUE
        && s.umin32 == 0
        && s.umax32 == LOW;
  }

  private static boolean isExactly(Scalar s, long x) {
    return s.umin == x
        && s.umax == x
        && s.smin == x
        && s.smax == x
        && s.smin32 == (int) x
        && s.smax32 == (int) x
        && s.umin32 == (x & LOW)
        && s.umax32 == (x & LOW);
  }

  /** Ranges from the known bits (__update_reg_bounds). */
  static void update(Scalar s) {
    update32(s);
    update64(s);
  }

  static void update32(Scalar s) {
    int value = (int) s.value;
    int mask = (int) s.mask;
    s.smin32 = Math.max(s.smin32, value | mask & Integer.MIN_VALUE);
    s.smax32 = Math.min(s.smax32, value | mask & Integer.MAX_VALUE);
    s.umin32 = Math.max(s.umin32, value & LOW);
    s.umax32 = Math.min(s.umax32, (value | mask) & LOW);
  }

  private static void update64(Scalar s) {
    s.smin = Math.max(s.smin, s.value | s.mask & Long.MIN_VALUE);
    s.smax = Math.min(s.smax, s.value | s.mask & Long.MAX_VALUE);
    s.umin = umax(s.umin, s.value);
    s.umax = umin(s.umax, s.value | s.mask);
    singleMember(s);
  }

  /** Where the known bits and the unsigned range meet in one value, that is the value. */
  private static void singleMember(Scalar s) {
    long largest = s.value | s.mask;
    long next = Tnum.next(s.value, s.mask, s.umin);
    boolean minIsMember = (s.umin & ~s.mask) == s.value;
    if (minIsMember) {
      if (Long.compareUnsigned(next, s.umax) > 0) {
        s.setConst(s.umin);
      }
    } else if (next == largest) {
      s.setConst(largest);
    } else if (Long.compareUnsigned(next, s.umax) <= 0
        && Long.compareUnsigned(Tnum.next(s.value, s.mask, next), s.umax) > 0) {
      s.setConst(next);
    }
  }

  /** 32-bit ranges from the 64-bit ones and from each other (__reg32_deduce_bounds). */
  private static void deduce32(Scalar s) {
    lowerHalves(s);
    neighbours(s, s.umin, s.umax);
    neighbours(s, s.smin, s.smax);
    if ((int) s.umin32 <= (int) s.umax32) {
      s.smin32 = Math.max(s.smin32, (int) s.umin32);
      s.smax32 = Math.min(s.smax32, (int) s.umax32);
    }
    long low = s.smin32 & LOW;
    long high = s.smax32 & LOW;
    if (low <= high) {
      s.umin32 = Math.max(s.umin32, low);
      s.umax32 = Math.min(s.umax32, high);
    } else if (s.umax32 < low) {
      s.smin32 = (int) s.umin32;
      s.umax32 = Math.min(s.umax32, high);
    } else if (high < s.umin32) {
      s.smax32 = (int) s.umax32;
      s.umin32 = Math.max(s.umin32, low);
    }
  }

  /** A 64-bit range that keeps one upper half bounds the lower half. */
  private static void lowerHalves(Scalar s) {
    if (s.umin >>> 32 == s.umax >>> 32) {
      s.umin32 = Math.max(s.umin32, s.umin & LOW);
      s.umax32 = Math.min(s.umax32, s.umax & LOW);
      signedLower(s, s.umin, s.umax);
    }
    if (s.smin >> 32 == s.smax >> 32) {
      if ((s.smin & LOW) <= (s.smax & LOW)) {
        s.umin32 = Math.max(s.umin32, s.smin & LOW);
        s.umax32 = Math.min(s.umax32, s.smax & LOW);
      }
      signedLower(s, s.smin, s.smax);
    }
  }

  private static void signedLower(Scalar s, long min, long max) {
    if ((int) min <= (int) max) {
      s.smin32 = Math.max(s.smin32, (int) min);
      s.smax32 = Math.min(s.smax32, (int) max);
    }
  }

  /** Upper halves that differ by one, the lower half passing from negative through zero. */
  private static void neighbours(Scalar s, long min, long max) {
    if ((int) (min >>> 32) + 1 == (int) (max >>> 32) && (int) min < 0 && (int) max >= 0) {
      s.smin32 = Math.max(s.smin32, (int) min);
      s.smax32 = Math.min(s.smax32, (int) max);
    }
  }

  /** Signed and unsigned 64-bit ranges from each other (__reg64_deduce_bounds). */
  private static void deduce64(Scalar s) {
    if (s.umin <= s.umax) {
      s.smin = Math.max(s.smin, s.umin);
      s.smax = Math.min(s.smax, s.umax);
    }
    if (Long.compareUnsigned(s.smin, s.smax) <= 0) {
      s.umin = umax(s.smin, s.umin);
      s.umax = umin(s.smax, s.umax);
    } else if (Long.compareUnsigned(s.umax, s.smin) < 0) {
      s.smin = s.umin;
      s.umax = umin(s.umax, s.smax);
    } else if (Long.compareUnsigned(s.smax, s.umin) < 0) {
      s.smax = s.umax;
      s.umin = umax(s.umin, s.smin);
    }
  }

  /** 64-bit ranges from the 32-bit ones (__reg_deduce_mixed_bounds). */
  private static void deduceMixed(Scalar s) {
    s.umin = umax(s.umin, s.umin & ~LOW | s.umin32);
    s.umax = umin(s.umax, s.umax & ~LOW | s.umax32);
    s.smin = Math.max(s.smin, s.smin & ~LOW | s.umin32);
    s.smax = Math.min(s.smax, s.smax & ~LOW | s.umax32);
    if (s.smin32 >= 0 && s.smin >= Integer.MIN_VALUE && s.smax <= Integer.MAX_VALUE) {
      s.smin = s.smin32;
      s.smax = s.smax32;
      s.umin = s.smin32;
      s.umax = s.smax32;
      Tnum.intersectRange(s, s.smin, s.smax);
    }
  }

  /** Known bits from the unsigned ranges (__reg_bound_offset). */
  private static void boundKnownBits(Scalar s) {
    Tnum.intersectRange(s, s.umin, s.umax);
    long value = s.value;
    long mask = s.mask;
    Tnum.cast(s, 4);
    Tnum.intersectRange(s, s.umin32, s.umax32);
    Tnum.set(s, value & ~LOW | s.value, mask & ~LOW | s.mask);
  }

  /**
   * Zero extension of a 32-bit result: known bits and 64-bit ranges from the lower half
   * (zext_32_to_64).
   */
  static void zeroExtend(Scalar s) {
    Tnum.cast(s, 4);
    s.umin = s.umin32;
    s.umax = s.umax32;
    boolean positive = s.smin32 >= 0 && s.smax32 >= 0;
    s.smin = positive ? s.smin32 : 0;
    s.smax = positive ? s.smax32 : LOW;
  }

  /** Truncation to 1, 2 or 4 bytes with zeros above (coerce_reg_to_size). */
  static void truncate(Scalar s, int bytes) {
    Tnum.cast(s, bytes);
    long keep = (1L << bytes * 8) - 1;
    if ((s.umin & ~keep) == (s.umax & ~keep)) {
      s.umin &= keep;
      s.umax &= keep;
    } else {
      s.umin = 0;
      s.umax = keep;
    }
    s.smin = s.umin;
    s.smax = s.umax;
    if (bytes < 4) {
      s.unbound32();
    }
    sync(s);
  }

  /** Sign extension of 1, 2 or 4 bytes to 64 bits (coerce_reg_to_size_sx). No sync follows. */
  static void signExtend(Scalar s, int bytes) {
    int shift = 64 - bytes * 8;
    if (s.mask == 0) {
      s.setConst(s.value << shift >> shift);
      return;
    }
    int bits = bytes * 8;
    if (s.smax >>> bits == s.smin >>> bits) {
      long a = s.smax << shift >> shift;
      long b = s.smin << shift >> shift;
      long max = Math.max(a, b);
      long min = Math.min(a, b);
      if (max >= 0 == min >= 0) {
        signedRange(s, min, max);
        return;
      }
    }
    s.unbound();
    s.smin = Long.MIN_VALUE >> shift;
    s.smax = Long.MAX_VALUE >>> shift;
    s.smin32 = (int) s.smin;
    s.smax32 = (int) s.smax;
    Tnum.set(s, 0, -1);
  }

  private static void signedRange(Scalar s, long min, long max) {
    s.smin = min;
    s.smax = max;
    s.umin = min;
    s.umax = max;
    s.smin32 = (int) min;
    s.smax32 = (int) max;
    s.umin32 = min & LOW;
    s.umax32 = max & LOW;
    long delta = Tnum.rangeMask(min, max);
    Tnum.set(s, min & ~delta, delta);
  }

  /**
   * Sign extension of 1 or 2 bytes to 32 bits (coerce_subreg_to_size_sx); the caller zero-extends
   * and syncs.
   */
  static void signExtend32(Scalar s, int bytes) {
    int shift = 32 - bytes * 8;
    if (s.mask == 0) {
      long x = (int) s.value << shift >> shift;
      Tnum.set(s, x, 0);
      lowerRange(s, (int) x, (int) x);
      return;
    }
    int bits = bytes * 8;
    if (s.smax32 >>> bits == s.smin32 >>> bits) {
      int a = s.smax32 << shift >> shift;
      int b = s.smin32 << shift >> shift;
      int max = Math.max(a, b);
      int min = Math.min(a, b);
      if (min >= 0 == max >= 0) {
        lowerRange(s, min, max);
        long delta = Tnum.rangeMask(min, max);
        Tnum.set(s, min & ~delta & LOW, delta & LOW);
        return;
      }
    }
    s.unbound32();
    s.smin32 = Integer.MIN_VALUE >> shift;
    s.smax32 = Integer.MAX_VALUE >>> shift;
    Tnum.set(s, 0, LOW);
  }

  private static void lowerRange(Scalar s, int min, int max) {
    s.smin32 = min;
    s.smax32 = max;
    s.umin32 = min & LOW;
    s.umax32 = max & LOW;
  }

  /** What is wrong with a value whose views contradict each other, or null (sanity check). */
  static @org.jspecify.annotations.Nullable String violation(Scalar s) {
    if (Long.compareUnsigned(s.umin, s.umax) > 0
        || s.smin > s.smax
        || s.umin32 > s.umax32
        || s.smin32 > s.smax32) {
      return "range bounds violation";
    }
    if (s.mask == 0
        && (s.umin != s.value || s.umax != s.value || s.smin != s.value || s.smax != s.value)) {
      return "const tnum out of sync with range bounds";
    }
    if ((int) s.mask == 0 && !lowerIsExactly(s, (int) s.value)) {
      return "const subreg tnum out of sync with range bounds";
    }
    return null;
  }

  private static boolean lowerIsExactly(Scalar s, int x) {
    return s.umin32 == (x & LOW) && s.umax32 == (x & LOW) && s.smin32 == x && s.smax32 == x;
  }
}

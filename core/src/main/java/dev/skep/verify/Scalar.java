package dev.skep.verify;

/**
 * The value part of one register, unpacked: known bits and the four ranges of struct bpf_reg_state.
 * A cell to compute in; the states keep values packed as {@link Reg} describes.
 */
final class Scalar {
  static final long U32_MAX = 0xffffffffL;

  /** Known bits (tnum). */
  long value;

  /** Unknown bits (tnum). */
  long mask;

  long smin;
  long smax;

  /** Unsigned. */
  long umin;

  /** Unsigned. */
  long umax;

  int smin32;
  int smax32;

  /** 0..2^32-1. */
  long umin32;

  /** 0..2^32-1. */
  long umax32;

  void load(long[] r, int at) {
    value = r[at + Reg.VALUE];
    mask = r[at + Reg.MASK];
    smin = r[at + Reg.SMIN];
    smax = r[at + Reg.SMAX];
    umin = r[at + Reg.UMIN];
    umax = r[at + Reg.UMAX];
    long s32 = r[at + Reg.S32];
    smin32 = (int) s32;
    smax32 = (int) (s32 >> 32);
    long u32 = r[at + Reg.U32];
    umin32 = u32 & U32_MAX;
    umax32 = u32 >>> 32;
  }

  void store(long[] r, int at) {
    r[at + Reg.VALUE] = value;
    r[at + Reg.MASK] = mask;
    r[at + Reg.SMIN] = smin;
    r[at + Reg.SMAX] = smax;
    r[at + Reg.UMIN] = umin;
    r[at + Reg.UMAX] = umax;
    r[at + Reg.S32] = smin32 & U32_MAX | (long) smax32 << 32;
    r[at + Reg.U32] = umin32 & U32_MAX | umax32 << 32;
  }

  void copy(Scalar from) {
    value = from.value;
    mask = from.mask;
    smin = from.smin;
    smax = from.smax;
    umin = from.umin;
    umax = from.umax;
    smin32 = from.smin32;
    smax32 = from.smax32;
    umin32 = from.umin32;
    umax32 = from.umax32;
  }

  /** One known value (___mark_reg_known). */
  void setConst(long constant) {
    value = constant;
    mask = 0;
    smin = constant;
    smax = constant;
    umin = constant;
    umax = constant;
    smin32 = (int) constant;
    smax32 = (int) constant;
    umin32 = constant & U32_MAX;
    umax32 = umin32;
  }

  /** The lower half becomes one known value, the upper half stays (__mark_reg32_known). */
  void setConst32(long constant) {
    value = value & ~U32_MAX | constant & U32_MAX;
    mask &= ~U32_MAX;
    smin32 = (int) constant;
    smax32 = (int) constant;
    umin32 = constant & U32_MAX;
    umax32 = umin32;
  }

  void setUnknown() {
    value = 0;
    mask = -1;
    unbound();
  }

  void unbound() {
    unbound64();
    unbound32();
  }

  void unbound64() {
    smin = Long.MIN_VALUE;
    smax = Long.MAX_VALUE;
    umin = 0;
    umax = -1;
  }

  void unbound32() {
    smin32 = Integer.MIN_VALUE;
    smax32 = Integer.MAX_VALUE;
    umin32 = 0;
    umax32 = U32_MAX;
  }

  boolean isConst() {
    return mask == 0;
  }

  boolean isConst32() {
    return (int) mask == 0;
  }

  boolean isConst(boolean lowerHalf) {
    return lowerHalf ? (int) mask == 0 : mask == 0;
  }

  /** The known value of a constant, of its lower half where only that counts. */
  long constant(boolean lowerHalf) {
    return lowerHalf ? value & U32_MAX : value;
  }

  /** Whether one concrete value lies within everything known here. For tests and assertions. */
  boolean contains(long x) {
    int low = (int) x;
    long ulow = x & U32_MAX;
    return (x & ~mask) == value
        && smin <= x
        && x <= smax
        && Long.compareUnsigned(umin, x) <= 0
        && Long.compareUnsigned(x, umax) <= 0
        && smin32 <= low
        && low <= smax32
        && umin32 <= ulow
        && ulow <= umax32;
  }
}

package dev.skep.fuzz;

/** A seeded source of choices (SplitMix64): the same seed gives the same program for ever. */
public final class Dice {
  private static final int[] IMMEDIATES = {
    0,
    1,
    -1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    31,
    32,
    63,
    64,
    100,
    127,
    128,
    255,
    256,
    511,
    4095,
    32767,
    32768,
    65535,
    65536,
    -2,
    -8,
    -128,
    -129,
    -32768,
    -32769,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Integer.MAX_VALUE - 1,
    Integer.MIN_VALUE + 1,
    0x55555555,
    0xaaaaaaaa,
    0x7f000000,
    0x80000001
  };

  private long state;

  public Dice(long seed) {
    state = seed;
  }

  public long next() {
    state += 0x9e3779b97f4a7c15L;
    return mix(state);
  }

  /** Spreads the bits of a number, so that near seeds give far streams. */
  static long mix(long number) {
    long z = number;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  /** 0 .. bound-1. */
  public int below(int bound) {
    return (int) Long.remainderUnsigned(next(), bound);
  }

  /** low .. high, both included. */
  public int between(int low, int high) {
    return low + below(high - low + 1);
  }

  public boolean percent(int chance) {
    return below(100) < chance;
  }

  public int pick(int... choices) {
    return choices[below(choices.length)];
  }

  /** A constant where instructions and domains have edges, or any. */
  public int immediate() {
    return switch (below(4)) {
      case 0 -> (int) next();
      case 1 -> between(-20, 20);
      default -> IMMEDIATES[below(IMMEDIATES.length)];
    };
  }

  /** A 64-bit constant in the same spirit. */
  public long immediate64() {
    return switch (below(4)) {
      case 0 -> next();
      case 1 -> (long) immediate() << 32 | immediate() & 0xffffffffL;
      case 2 -> 1L << below(64);
      default -> immediate();
    };
  }

  public void fill(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) next();
    }
  }
}

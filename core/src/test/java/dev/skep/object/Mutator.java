package dev.skep.object;

import java.util.Arrays;
import java.util.Random;

/** Breaks bytes in ways that parsers care about: fields at their limits, swaps, cuts. */
public final class Mutator {
  private static final long[] LIMITS = {
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    12,
    16,
    24,
    31,
    32,
    64,
    127,
    128,
    255,
    256,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0xffffff,
    0x7fffffffL,
    0x80000000L,
    0xfffffff8L,
    0xffffffffL,
    0x100000000L,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -8,
    -1
  };

  private final Random random;

  public Mutator(Random random) {
    this.random = random;
  }

  /**
   * Returns broken bytes.
   *
   * @param ranges starts and ends of the parts that are worth breaking, in pairs
   */
  public byte[] mutate(byte[] original, int... ranges) {
    byte[] bytes = original.clone();
    int changes = 1 + random.nextInt(random.nextInt(8) + 1);
    for (int i = 0; i < changes; i++) {
      int pair = random.nextInt(ranges.length / 2) * 2;
      int start = ranges[pair];
      int length = Math.min(ranges[pair + 1], bytes.length) - start;
      if (length > 0) {
        change(bytes, start, length);
      }
    }
    return random.nextInt(40) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  private void change(byte[] bytes, int start, int length) {
    int at = start + random.nextInt(length);
    switch (random.nextInt(6)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> put(bytes, at & ~3, 4, LIMITS[random.nextInt(LIMITS.length)]);
      case 3 -> put(bytes, at & ~7, 8, LIMITS[random.nextInt(LIMITS.length)]);
      case 4 -> put(bytes, at & ~3, 4, random.nextInt(64));
      default -> {
        int from = start + random.nextInt(length);
        int count = Math.min(1 + random.nextInt(24), bytes.length - Math.max(at, from));
        System.arraycopy(bytes, from, bytes, at, count);
      }
    }
  }

  private static void put(byte[] bytes, int at, int size, long value) {
    for (int i = 0; i < size && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> 8 * i);
    }
  }
}

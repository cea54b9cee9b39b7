package dev.skep.data;

/** Integers of any width at any bit, as C compilers pack them on little-endian machines. */
public final class BitFields {
  private BitFields() {}

  /**
   * An unsigned bit field.
   *
   * @param bit from the start of the memory
   * @param width 1 to 64
   */
  public static long load(DataMemory memory, long bit, int width) {
    long value = 0;
    int done = 0;
    while (done < width) {
      int shift = (int) (bit + done & 7);
      int take = Math.min(8 - shift, width - done);
      long part = memory.load((int) (bit + done >> 3), 1) >>> shift & (1 << take) - 1;
      value |= part << done;
      done += take;
    }
    return value;
  }

  /** As {@link #load}, with the sign of its highest bit. */
  public static long loadSigned(DataMemory memory, long bit, int width) {
    return load(memory, bit, width) << 64 - width >> 64 - width;
  }

  /**
   * Stores the low bits of a value; the bits around them stay, unless someone else changes them.
   */
  public static void store(DataMemory memory, long bit, int width, long value) {
    int done = 0;
    while (done < width) {
      int at = (int) (bit + done >> 3);
      int shift = (int) (bit + done & 7);
      int take = Math.min(8 - shift, width - done);
      int mask = (1 << take) - 1 << shift;
      int part = (int) (value >>> done) << shift & mask;
      memory.store(at, 1, (int) memory.load(at, 1) & ~mask | part);
      done += take;
    }
  }
}

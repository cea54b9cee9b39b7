package dev.skep.data;

/** Integers that go into fewer than 64 bits. */
public final class Integers {
  private Integers() {}

  /**
   * The value itself.
   *
   * @param name of what it is stored in
   * @param bits 1 to 64
   * @throws IllegalArgumentException if it fits neither signed nor unsigned
   */
  public static long fit(String name, long value, int bits) {
    int spare = 64 - bits;
    if (value << spare >> spare != value && value << spare >>> spare != value) {
      throw new IllegalArgumentException(
          "\"" + name + "\": " + value + " does not fit in " + bits + " bits");
    }
    return value;
  }

  /** A number of {@code bits} bits with its sign. */
  public static long signed(long value, int bits) {
    return value << 64 - bits >> 64 - bits;
  }
}

package dev.skep.interp;

/** Division as BPF defines it (RFC 9669 section 4.1): no operand traps. */
final class Arithmetic {
  static final long LOW = 0xffffffffL;

  private Arithmetic() {}

  static long div64(long a, long b) {
    return b == 0 ? 0 : Long.divideUnsigned(a, b);
  }

  static long mod64(long a, long b) {
    return b == 0 ? a : Long.remainderUnsigned(a, b);
  }

  /** The smallest number divided by -1 is itself, as in Java. */
  static long sdiv64(long a, long b) {
    return b == 0 ? 0 : a / b;
  }

  static long smod64(long a, long b) {
    return b == 0 ? a : a % b;
  }

  static long div32(long a, long b) {
    return (int) b == 0 ? 0 : Integer.divideUnsigned((int) a, (int) b) & LOW;
  }

  static long mod32(long a, long b) {
    return ((int) b == 0 ? (int) a : Integer.remainderUnsigned((int) a, (int) b)) & LOW;
  }

  static long sdiv32(long a, long b) {
    return (int) b == 0 ? 0 : (int) a / (int) b & LOW;
  }

  static long smod32(long a, long b) {
    return ((int) b == 0 ? (int) a : (int) a % (int) b) & LOW;
  }
}

package dev.skep.interp;

/**
 * The value that interpreted programs have as address of one of their functions: a tag that is no
 * address of memory, and the function's first instruction.
 */
final class FunctionAddress {
  private static final long TAG = 0xb9f0_0000_0000_0000L;
  private static final long TAG_MASK = 0xffff_ffff_0000_0000L;

  private FunctionAddress() {}

  static long of(int start) {
    return TAG | start;
  }

  static boolean isFunction(long value) {
    return (value & TAG_MASK) == TAG;
  }

  static int start(long value) {
    return (int) value;
  }
}

package dev.skep.jit.x64;

/** Short opcodes of conditional jumps. */
final class Condition {
  static final int BELOW = 0x72;
  static final int ABOVE_OR_EQUAL = 0x73;
  static final int EQUAL = 0x74;
  static final int NOT_EQUAL = 0x75;
  static final int BELOW_OR_EQUAL = 0x76;
  static final int ABOVE = 0x77;
  static final int LESS = 0x7c;
  static final int GREATER_OR_EQUAL = 0x7d;
  static final int LESS_OR_EQUAL = 0x7e;
  static final int GREATER = 0x7f;

  private Condition() {}
}

package dev.skep.program;

/** The kernel whose verdicts are reproduced. Rewrites and machine code are those of Linux 6.18. */
public enum Dialect {
  /** Linux 6.18. */
  V6_18,

  /**
   * Linux 7.0 and later, as far as tail calls go: sleepable programs may use program arrays, and
   * callbacks may not reach a tail call, which Linux 6.18 lets corrupt the stack.
   */
  MAINLINE
}

package dev.skep.program;

/** The kernel whose verdicts are reproduced. Rewrites and machine code are those of Linux 6.18. */
public enum Dialect {
  /** Linux 6.18: no direct access to the values of per-CPU arrays. */
  V6_18,

  /**
   * Later kernels with the patches that proposed global per-CPU data, before they were merged. All
   * is as in {@link #MAINLINE} but that programs with such data are refused without a JIT at once
   * and with another errno, and the order of the conditions for a value's address.
   */
  SEED,

  /**
   * Linux 7.0 and later: sleepable programs may use program arrays, callbacks may not reach a tail
   * call, which Linux 6.18 lets corrupt the stack, and there is global per-CPU data.
   */
  MAINLINE
}

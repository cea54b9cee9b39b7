package dev.skep.program;

/** The kernel whose verdicts, rewrites and machine code are reproduced. */
public enum Dialect {
  /** Linux 6.18. */
  V6_18
}

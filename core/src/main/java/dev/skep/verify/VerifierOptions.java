package dev.skep.verify;

import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.program.KernelTypes;

/**
 * How to verify.
 *
 * @param logLevel BPF_LOG_LEVEL1 (1), LEVEL2 (2), STATS (4), FIXED (8), as bits
 * @param logSize bytes of log kept with the terminating zero, as log_size of bpf(2); {@link
 *     Integer#MAX_VALUE} for everything
 * @param kernel types of the kernel: attach targets, kernel pointers, kernel functions and
 *     variables are known from it
 */
public record VerifierOptions(
    Dialect dialect, HostFacts host, int logLevel, int logSize, KernelTypes kernel) {
  /** Without types of a kernel. */
  public VerifierOptions(Dialect dialect, HostFacts host, int logLevel, int logSize) {
    this(dialect, host, logLevel, logSize, KernelTypes.NONE);
  }

  public static VerifierOptions standard() {
    return new VerifierOptions(Dialect.V6_18, HostFacts.root(2), 0, Integer.MAX_VALUE);
  }

  /** Another level; level 0 needs no buffer. */
  public VerifierOptions withLogLevel(int level) {
    int bytes = level == 0 ? Integer.MAX_VALUE : logSize;
    return new VerifierOptions(dialect, host, level, bytes, kernel);
  }

  /**
   * A log in a buffer as bpf(2) fills it: the end of what does not fit, or with BPF_LOG_FIXED (8)
   * among the bits its beginning, and the verdict ENOSPC then.
   *
   * @param size bytes of the buffer, 0 for none: then only the size it would need is told
   */
  public VerifierOptions withLog(int level, int size) {
    return new VerifierOptions(dialect, host, level, size, kernel);
  }

  public VerifierOptions withHost(HostFacts facts) {
    return new VerifierOptions(dialect, facts, logLevel, logSize, kernel);
  }

  public VerifierOptions withDialect(Dialect other) {
    return new VerifierOptions(other, host, logLevel, logSize, kernel);
  }

  public VerifierOptions withKernel(KernelTypes types) {
    return new VerifierOptions(dialect, host, logLevel, logSize, types);
  }
}

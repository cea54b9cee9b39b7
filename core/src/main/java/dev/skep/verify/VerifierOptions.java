package dev.skep.verify;

import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;

/**
 * How to verify.
 *
 * @param logLevel BPF_LOG_LEVEL1 (1), LEVEL2 (2), STATS (4), as bits
 * @param logSize bytes of log kept, as log_size of bpf(2); {@link Integer#MAX_VALUE} for everything
 */
public record VerifierOptions(Dialect dialect, HostFacts host, int logLevel, int logSize) {
  public static VerifierOptions standard() {
    return new VerifierOptions(Dialect.V6_18, HostFacts.root(2), 0, Integer.MAX_VALUE);
  }

  public VerifierOptions withLogLevel(int level) {
    return new VerifierOptions(dialect, host, level, logSize);
  }
}

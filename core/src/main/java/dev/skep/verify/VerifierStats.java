package dev.skep.verify;

/**
 * The kernel's counters after verification (print_verification_stats).
 *
 * @param stackDepth as printed: depths of the subprograms joined with '+'
 * @param durationNanos wall time
 * @param logBytes what the whole log needs with its terminating zero (log_true_size), 0 without log
 */
public record VerifierStats(
    int insnsProcessed,
    int totalStates,
    int peakStates,
    int maxStatesPerInsn,
    String stackDepth,
    long durationNanos,
    long logBytes) {
  VerifierStats withLogBytes(long bytes) {
    return new VerifierStats(
        insnsProcessed,
        totalStates,
        peakStates,
        maxStatesPerInsn,
        stackDepth,
        durationNanos,
        bytes);
  }
}

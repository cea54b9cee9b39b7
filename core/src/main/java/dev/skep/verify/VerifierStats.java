package dev.skep.verify;

/**
 * The kernel's counters after verification (print_verification_stats).
 *
 * @param stackDepth as printed: depths of the subprograms joined with '+'
 * @param durationNanos wall time
 */
public record VerifierStats(
    int insnsProcessed,
    int totalStates,
    int peakStates,
    int maxStatesPerInsn,
    String stackDepth,
    long durationNanos) {}

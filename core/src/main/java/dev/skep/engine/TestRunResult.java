package dev.skep.engine;

import org.jspecify.annotations.Nullable;

/**
 * The output of BPF_PROG_TEST_RUN.
 *
 * @param errno 0, or ENOSPC when the output was cut
 * @param retval the program's 32-bit result, unsigned in an int
 * @param data output bytes as far as they were wanted
 * @param dataSize true size of the output
 * @param context output context, or null
 * @param durationNanos mean time of one run
 */
public record TestRunResult(
    int errno,
    int retval,
    byte @Nullable [] data,
    int dataSize,
    byte @Nullable [] context,
    long durationNanos) {}

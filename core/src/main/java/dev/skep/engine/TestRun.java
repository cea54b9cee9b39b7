package dev.skep.engine;

import org.jspecify.annotations.Nullable;

/**
 * The input of BPF_PROG_TEST_RUN.
 *
 * @param data packet bytes, or null
 * @param context the context struct, or null
 * @param repeat how many runs; 0 counts as 1
 * @param dataOutSize bytes of output wanted, or -1 for all
 * @param contextOutSize bytes of context wanted, or -1 for all (none if there is no context)
 * @param flags BPF_F_TEST_*
 */
public record TestRun(
    byte @Nullable [] data,
    byte @Nullable [] context,
    int repeat,
    int dataOutSize,
    int contextOutSize,
    int flags,
    int cpu,
    int batchSize) {
  public static TestRun of(byte[] data) {
    return new TestRun(data, null, 1, -1, -1, 0, 0, 0);
  }

  public TestRun withContext(byte @Nullable [] bytes) {
    return new TestRun(data, bytes, repeat, dataOutSize, contextOutSize, flags, cpu, batchSize);
  }

  public TestRun withRepeat(int times) {
    return new TestRun(data, context, times, dataOutSize, contextOutSize, flags, cpu, batchSize);
  }
}

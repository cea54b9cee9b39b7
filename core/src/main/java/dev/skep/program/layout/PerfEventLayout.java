package dev.skep.program.layout;

/** struct bpf_perf_event_data_kern and the struct perf_sample_data it points to. Byte offsets. */
public final class PerfEventLayout {
  public static final int SIZE = 24;

  /** u64, struct pt_regs. */
  public static final int REGS = 0;

  /** u64, struct perf_sample_data. */
  public static final int DATA = 8;

  /** u64. */
  public static final int EVENT = 16;

  // Members of perf_sample_data.

  /** u64. */
  public static final int SAMPLE_PERIOD = 8;

  /** u64. */
  public static final int SAMPLE_ADDR = 184;

  private PerfEventLayout() {}
}

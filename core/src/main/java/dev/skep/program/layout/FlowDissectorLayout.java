package dev.skep.program.layout;

/** struct bpf_flow_dissector. Byte offsets. */
public final class FlowDissectorLayout {
  public static final int SIZE = 32;

  /** u64. */
  public static final int FLOW_KEYS = 0;

  /** u64. */
  public static final int SKB = 8;

  /** u64. */
  public static final int DATA = 16;

  /** u64. */
  public static final int DATA_END = 24;

  private FlowDissectorLayout() {}
}

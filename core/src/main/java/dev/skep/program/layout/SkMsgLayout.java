package dev.skep.program.layout;

/** struct sk_msg. Byte offsets. */
public final class SkMsgLayout {
  /** sg.size, u32. */
  public static final int SG_SIZE = 12;

  /** u64. */
  public static final int DATA = 640;

  /** u64. */
  public static final int DATA_END = 648;

  /** u64. */
  public static final int SK = 688;

  private SkMsgLayout() {}
}

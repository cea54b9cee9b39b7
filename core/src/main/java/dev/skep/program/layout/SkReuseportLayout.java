package dev.skep.program.layout;

/** struct sk_reuseport_kern. Byte offsets. */
public final class SkReuseportLayout {
  public static final int SIZE = 56;

  /** u64. */
  public static final int SKB = 0;

  /** u64. */
  public static final int SK = 8;

  /** u64. */
  public static final int SELECTED_SK = 16;

  /** u64. */
  public static final int MIGRATING_SK = 24;

  /** u64. */
  public static final int DATA_END = 32;

  /** u32. */
  public static final int HASH = 40;

  /** u8. */
  public static final int BIND_INANY = 48;

  private SkReuseportLayout() {}
}

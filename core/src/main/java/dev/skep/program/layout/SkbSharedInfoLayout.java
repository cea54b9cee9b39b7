package dev.skep.program.layout;

/**
 * struct skb_shared_info, at the end of the linear buffer (head + end). Byte offsets.
 *
 * <pre>
 *    0       2       4        6        8         16
 *   +-------+-------+--------+--------+---------+---------+-- .. --+ 320
 *   | flags |nr_frag|gso_size|gso_segs|frag_list|hwtstamps|        |
 *   +-------+-------+--------+--------+---------+---------+-- .. --+
 * </pre>
 */
public final class SkbSharedInfoLayout {
  public static final int SIZE = 320;

  /** u8. */
  public static final int NR_FRAGS = 2;

  /** u16. */
  public static final int GSO_SIZE = 4;

  /** u16. */
  public static final int GSO_SEGS = 6;

  /** u64. */
  public static final int HWTSTAMPS = 16;

  /** u32. */
  public static final int GSO_TYPE = 24;

  /** u32. */
  public static final int XDP_FRAGS_SIZE = 40;

  private SkbSharedInfoLayout() {}
}

package dev.skep.program.layout;

/**
 * struct xdp_buff: the packet of XDP programs. Byte offsets.
 *
 * <pre>
 *    0      8          16          24                32    40    48         52
 *   +------+----------+-----------+-----------------+-----+-----+----------+-------+ 56
 *   | data | data_end | data_meta | data_hard_start | rxq | txq | frame_sz | flags |
 *   +------+----------+-----------+-----------------+-----+-----+----------+-------+
 * </pre>
 */
public final class XdpBuffLayout {
  public static final int SIZE = 56;

  /** u64. */
  public static final int DATA = 0;

  /** u64. */
  public static final int DATA_END = 8;

  /** u64. */
  public static final int DATA_META = 16;

  /** u64. */
  public static final int DATA_HARD_START = 24;

  /** u64, struct xdp_rxq_info. */
  public static final int RXQ = 32;

  /** u64, struct xdp_txq_info. */
  public static final int TXQ = 40;

  /** u32. */
  public static final int FRAME_SZ = 48;

  /** u32, XDP_FLAGS_*. */
  public static final int FLAGS = 52;

  private XdpBuffLayout() {}
}

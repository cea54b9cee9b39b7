package dev.skep.program.layout;

/**
 * struct xdp_rxq_info. Byte offsets.
 *
 * <pre>
 *    0     8             12          16    24
 *   +-----+-------------+-----------+-----+-----------+-- .. --+ 64
 *   | dev | queue_index | reg_state | mem | frag_size |        |
 *   +-----+-------------+-----------+-----+-----------+-- .. --+
 * </pre>
 */
public final class XdpRxqInfoLayout {
  public static final int SIZE = 64;

  /** u64, struct net_device. */
  public static final int DEV = 0;

  /** u32. */
  public static final int QUEUE_INDEX = 8;

  /** u32. */
  public static final int REG_STATE = 12;

  /** u32. */
  public static final int FRAG_SIZE = 24;

  private XdpRxqInfoLayout() {}
}

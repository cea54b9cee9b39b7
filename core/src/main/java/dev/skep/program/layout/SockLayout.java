package dev.skep.program.layout;

/**
 * struct sock with its struct sock_common at the start. Byte offsets.
 *
 * <pre>
 *    0         4             12        14      16         18        20               56
 *   +---------+-------------+---------+-------+----------+---------+----------------+----------
 *   | daddr   | rcv_saddr   | dport   | num   | family   | state   | bound_dev_if   | v6_daddr
 *   +---------+-------------+---------+-------+----------+---------+----------------+----------
 * </pre>
 */
public final class SockLayout {
  public static final int SIZE = 784;

  /** skc_daddr, be32. */
  public static final int DADDR = 0;

  /** skc_rcv_saddr, be32. */
  public static final int RCV_SADDR = 4;

  /** skc_dport, be16. */
  public static final int DPORT = 12;

  /** skc_num, u16 in host order. */
  public static final int NUM = 14;

  /** skc_family, u16. */
  public static final int FAMILY = 16;

  /** skc_state, u8. */
  public static final int STATE = 18;

  /** skc_bound_dev_if, s32. */
  public static final int BOUND_DEV_IF = 20;

  /** skc_v6_daddr, 16 bytes. */
  public static final int V6_DADDR = 56;

  /** skc_v6_rcv_saddr, 16 bytes. */
  public static final int V6_RCV_SADDR = 72;

  /** skc_rx_queue_mapping, u16. */
  public static final int RX_QUEUE_MAPPING = 122;

  /** sk_priority, u32. */
  public static final int PRIORITY = 520;

  /** sk_mark, u32. */
  public static final int MARK = 524;

  /** sk_protocol, u16. */
  public static final int PROTOCOL = 532;

  /** sk_type, u16. */
  public static final int TYPE = 534;

  /** sk_txhash, u32. */
  public static final int TXHASH = 564;

  private SockLayout() {}
}

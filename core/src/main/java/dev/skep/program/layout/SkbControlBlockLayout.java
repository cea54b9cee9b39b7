package dev.skep.program.layout;

/**
 * What lies in sk_buff.cb, as offsets from cb, by user of the control block.
 *
 * <pre>
 *   qdisc_skb_cb      0         4         6          8                28
 *                    +---------+---------+----------+----------------+
 *                    | pkt_len | queue.. |tc_classid| data[20]       |
 *                    +---------+---------+----------+----------------+ 32       40
 *   bpf_skb_data_end | struct qdisc_skb_cb                           |data_meta|data_end| 48
 *                    +-----------------------------------------------+---------+--------+
 *   sk_skb_cb        | data[20] ..                            temp_reg at 40    |        | 48
 *                    +------------------------------------------------------------------+
 * </pre>
 */
public final class SkbControlBlockLayout {
  /** qdisc_skb_cb.pkt_len, u32. */
  public static final int QDISC_PKT_LEN = 0;

  /** qdisc_skb_cb.tc_classid, u16. */
  public static final int QDISC_TC_CLASSID = 6;

  /** qdisc_skb_cb.data: where __sk_buff.cb lives, 20 bytes. */
  public static final int QDISC_DATA = 8;

  /** bpf_skb_data_end.data_meta, u64. */
  public static final int DATA_META = 32;

  /** bpf_skb_data_end.data_end, u64. */
  public static final int DATA_END = 40;

  /** sk_skb_cb.data: __sk_buff.cb of sk_skb programs, 20 bytes. */
  public static final int SK_SKB_DATA = 0;

  /** sk_skb_cb.temp_reg, u64. */
  public static final int SK_SKB_TEMP_REG = 40;

  /** tcp_skb_cb.tcp_flags, u16. */
  public static final int TCP_FLAGS = 12;

  private SkbControlBlockLayout() {}
}

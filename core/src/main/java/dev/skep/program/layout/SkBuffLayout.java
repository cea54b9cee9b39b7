package dev.skep.program.layout;

/**
 * struct sk_buff: the packet of socket filters, tc and cgroup programs. Byte offsets.
 *
 * <pre>
 *    0        16       24       32        40                88        112   116      124
 *   +--------+--------+--------+---------+-----------------+--- .. ---+-----+--------+---------+
 *   | links  | dev    | sk     | tstamp  | cb[48]          |          | len |data_len| queue.. |
 *   +--------+--------+--------+---------+-----------------+--- .. ---+-----+--------+---------+
 *    126        128       129      132      140      144     148  152      156     164  176
 *   +----------+---------+--------+--------+--------+-------+----+--------+-------+----+--------+
 *   | cloned.. |pkt_type | mono.. |tc_index|priority|skb_iif|hash|vlan_all|napi_id|mark|protocol|
 *   +----------+---------+--------+--------+--------+-------+----+--------+-------+----+--------+
 *    178        180       182      184      188      192      200      208        212
 *   +----------+---------+--------+--------+--------+--------+--------+----------+-------+ 224
 *   | transport| network | mac    | tail   | end    | head   | data   | truesize | users |
 *   +----------+---------+--------+--------+--------+--------+--------+----------+-------+
 * </pre>
 */
public final class SkBuffLayout {
  public static final int SIZE = 224;

  /** u64, struct net_device. */
  public static final int DEV = 16;

  /** u64, struct sock. */
  public static final int SK = 24;

  /** u64, ns. */
  public static final int TSTAMP = 32;

  /** 48 bytes; see {@link SkbControlBlockLayout}. */
  public static final int CB = 40;

  public static final int CB_SIZE = 48;

  /** u32, linear and paged bytes. */
  public static final int LEN = 112;

  /** u32, paged bytes. */
  public static final int DATA_LEN = 116;

  /** u16. */
  public static final int MAC_LEN = 120;

  /** u16. */
  public static final int QUEUE_MAPPING = 124;

  /** u8 (__cloned_offset): bit 0 is cloned. */
  public static final int CLONED_OFFSET = 126;

  /** u8 (__pkt_type_offset): bits 0..2 are the PACKET_ type. */
  public static final int PKT_TYPE_OFFSET = 128;

  /** u8 (__mono_tc_offset): bits 0..1 are tstamp_type, bit 2 is tc_at_ingress. */
  public static final int MONO_TC_OFFSET = 129;

  /** u16. */
  public static final int TC_INDEX = 132;

  /** u32. */
  public static final int PRIORITY = 140;

  /** s32, ifindex of the receiving device. */
  public static final int SKB_IIF = 144;

  /** u32. */
  public static final int HASH = 148;

  /** u32: vlan_proto and vlan_tci. */
  public static final int VLAN_ALL = 152;

  /** be16. */
  public static final int VLAN_PROTO = 152;

  /** u16. */
  public static final int VLAN_TCI = 154;

  /** u32. */
  public static final int NAPI_ID = 156;

  /** u32. */
  public static final int MARK = 164;

  /** be16. */
  public static final int PROTOCOL = 176;

  /** u16, offset from head; 0xffff when unset. */
  public static final int TRANSPORT_HEADER = 178;

  /** u16, offset from head. */
  public static final int NETWORK_HEADER = 180;

  /** u16, offset from head; 0xffff when unset. */
  public static final int MAC_HEADER = 182;

  /** u32, offset from head. */
  public static final int TAIL = 184;

  /** u32, offset of struct skb_shared_info from head. */
  public static final int END = 188;

  /** u64. */
  public static final int HEAD = 192;

  /** u64. */
  public static final int DATA = 200;

  /** u32. */
  public static final int TRUESIZE = 208;

  /** u32. */
  public static final int USERS = 212;

  // Bits and masks of the bytes above.
  public static final int CLONED_MASK = 1;
  public static final int PKT_TYPE_MASK = 7;
  public static final int TSTAMP_TYPE_MASK = 3;
  public static final int TC_AT_INGRESS_MASK = 4;

  private SkBuffLayout() {}
}

package dev.skep.program.layout;

/**
 * struct bpf_sock_ops_kern. Byte offsets.
 *
 * <pre>
 *    0    8          24        32    40             48   49          50                 56
 *   +----+----------+---------+-----+--------------+----+-----------+------------------+------+ 64
 *   | sk | args[4]  | syn_skb | skb | skb_data_end | op |is_fullsock|is_locked_tcp_sock| temp |
 *   +----+----------+---------+-----+--------------+----+-----------+------------------+------+
 * </pre>
 */
public final class SockOpsLayout {
  public static final int SIZE = 64;

  /** u64. */
  public static final int SK = 0;

  /** u32[4]; reply is args[0]. */
  public static final int ARGS = 8;

  /** u64, struct sk_buff. */
  public static final int SKB = 32;

  /** u64. */
  public static final int SKB_DATA_END = 40;

  /** u8. */
  public static final int OP = 48;

  /** u8. */
  public static final int IS_FULLSOCK = 49;

  /** u8. */
  public static final int IS_LOCKED_TCP_SOCK = 50;

  /** u64, saves a register. */
  public static final int TEMP = 56;

  private SockOpsLayout() {}
}

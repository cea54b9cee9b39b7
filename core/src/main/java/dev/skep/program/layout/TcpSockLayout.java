package dev.skep.program.layout;

/**
 * struct tcp_sock (and the struct inet_connection_sock at its start). Byte offsets of u32 members
 * unless said.
 */
public final class TcpSockLayout {
  public static final int SIZE = 2304;

  /** u8, of inet_connection_sock. */
  public static final int ICSK_RETRANSMITS = 1249;

  public static final int MSS_CACHE = 1440;
  public static final int SND_CWND = 1444;
  public static final int LOST_OUT = 1452;
  public static final int SACKED_OUT = 1456;
  public static final int RETRANS_OUT = 1480;
  public static final int SND_SSTHRESH = 1492;

  /** rtt_min.s[0].v. */
  public static final int RTT_MIN = 1500;

  public static final int SEGS_OUT = 1536;

  /** u8. */
  public static final int ECN_FLAGS = 1640;

  public static final int RCV_NXT = 1664;
  public static final int SND_NXT = 1668;
  public static final int SND_UNA = 1672;
  public static final int SRTT_US = 1680;
  public static final int PACKETS_OUT = 1684;
  public static final int DELIVERED = 1692;
  public static final int DELIVERED_CE = 1696;

  /** u64. */
  public static final int BYTES_RECEIVED = 1752;

  public static final int SEGS_IN = 1760;
  public static final int DATA_SEGS_IN = 1764;
  public static final int RATE_DELIVERED = 1780;
  public static final int RATE_INTERVAL_US = 1784;

  /** u64. */
  public static final int BYTES_ACKED = 1824;

  public static final int DSACK_DUPS = 1864;
  public static final int TOTAL_RETRANS = 2200;

  /** u8. */
  public static final int BPF_SOCK_OPS_CB_FLAGS = 2232;

  public static final int DATA_SEGS_OUT = 1540;

  private TcpSockLayout() {}
}

package dev.skep.program.layout;

/** struct xdp_txq_info. Byte offsets. */
public final class XdpTxqInfoLayout {
  public static final int SIZE = 8;

  /** u64, struct net_device. */
  public static final int DEV = 0;

  private XdpTxqInfoLayout() {}
}

package dev.skep.program.layout;

/** struct xdp_sock. Byte offsets. */
public final class XdpSockLayout {
  /** u16. */
  public static final int QUEUE_ID = 880;

  private XdpSockLayout() {}
}

package dev.skep.program.layout;

/** struct xsk_map. Byte offsets. */
public final class XskMapLayout {
  /** u64 per slot: struct xdp_sock. */
  public static final int XSK_MAP = 304;

  private XskMapLayout() {}
}

package dev.skep.program.layout;

/** struct net_device. Byte offsets. */
public final class NetDeviceLayout {
  public static final int SIZE = 2496;

  /** u32. */
  public static final int IFINDEX = 224;

  private NetDeviceLayout() {}
}

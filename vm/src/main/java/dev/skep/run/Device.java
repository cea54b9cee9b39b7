package dev.skep.run;

import dev.skep.machine.AddressSpace;
import dev.skep.natives.Memory;
import dev.skep.program.layout.NetDeviceLayout;
import dev.skep.program.layout.XdpRxqInfoLayout;

/** A network device that packets of a test run can come from (struct net_device). */
final class Device implements AutoCloseable {
  /** Loopback's index in any network namespace. */
  static final int LOOPBACK_IFINDEX = 1;

  private static final int LOOPBACK_MTU = 65536;
  private static final int ETHERNET_MTU = 1500;

  private final long address = Memory.allocate(NetDeviceLayout.SIZE);
  private final long rxq = Memory.allocate(XdpRxqInfoLayout.SIZE);

  private final AddressSpace space;
  private final int mtu;

  Device(int ifindex, AddressSpace space) {
    this.space = space;
    mtu = ifindex == LOOPBACK_IFINDEX ? LOOPBACK_MTU : ETHERNET_MTU;
    space.add(address, NetDeviceLayout.SIZE);
    space.add(rxq, XdpRxqInfoLayout.SIZE);
    Memory.putInt(address + NetDeviceLayout.IFINDEX, ifindex);
    Memory.putLong(rxq + XdpRxqInfoLayout.DEV, address);
  }

  long address() {
    return address;
  }

  /** Largest packet without its link header, in bytes. */
  int mtu() {
    return mtu;
  }

  /** struct xdp_rxq_info of receive queue 0. */
  long rxq() {
    return rxq;
  }

  @Override
  public void close() {
    space.remove(address);
    space.remove(rxq);
    Memory.free(address);
    Memory.free(rxq);
  }
}

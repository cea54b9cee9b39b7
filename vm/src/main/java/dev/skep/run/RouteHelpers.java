package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.NetDeviceLayout;
import dev.skep.program.layout.SkBuffLayout;
import dev.skep.program.layout.SkbSharedInfoLayout;
import dev.skep.program.layout.XdpBuffLayout;
import dev.skep.program.layout.XdpRxqInfoLayout;
import org.jspecify.annotations.Nullable;

/** Helpers on devices and routes (net/core/filter.c). No device here forwards packets. */
final class RouteHelpers {
  /** struct bpf_fib_lookup. */
  private static final int FIB_SIZE = 64;

  private static final int FIB_IFINDEX = 8;
  private static final int FIB_FLAGS = 0x3f;
  private static final int FIB_DIRECT = 1;
  private static final int FIB_MARK = 0x20;
  private static final int FIB_FWD_DISABLED = 5;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;

  private static final int MTU_CHK_SEGS = 1;
  private static final int MTU_SUCCESS = 0;
  private static final int MTU_FRAG_NEEDED = 1;
  private static final int MTU_SEGS_TOOBIG = 2;

  private final Devices devices;

  RouteHelpers(Devices devices) {
    this.devices = devices;
  }

  void define(HelperTable table) {
    table.set(
        69, (cpu, ctx, params, size, flags, r5) -> fibLookup(params, (int) size, (int) flags));
    table.set(163, this::checkSkbMtu);
    table.set(ProgramType.XDP, 163, this::checkXdpMtu);
  }

  private long fibLookup(long params, int size, int flags) {
    if (size < FIB_SIZE
        || (flags & ~FIB_FLAGS) != 0
        || (flags & FIB_DIRECT) != 0 && (flags & FIB_MARK) != 0) {
      return -Errno.EINVAL;
    }
    int family = Memory.getByte(params);
    if (family != AF_INET && family != AF_INET6) {
      return -Errno.EAFNOSUPPORT;
    }
    return devices.find(Memory.getInt(params + FIB_IFINDEX)) == null
        ? -Errno.ENODEV
        : FIB_FWD_DISABLED;
  }

  private @Nullable Device device(long current, int ifindex) {
    return devices.find(ifindex != 0 ? ifindex : Memory.getInt(current + NetDeviceLayout.IFINDEX));
  }

  private long checkSkbMtu(
      Cpu cpu, long skb, long ifindex, long mtuAt, long difference, long flags) {
    int given = Memory.getInt(mtuAt);
    // What the helper does not write is zeroed.
    Memory.putInt(mtuAt, 0);
    if ((flags & ~MTU_CHK_SEGS) != 0 || flags != 0 && ((int) difference != 0 || given != 0)) {
      return -Errno.EINVAL;
    }
    Device device = device(Memory.getLong(skb + SkBuffLayout.DEV), (int) ifindex);
    if (device == null) {
      return -Errno.ENODEV;
    }
    Memory.putInt(mtuAt, device.mtu());
    int limit = device.mtu() + Skb.ETH_HLEN;
    int length = (given != 0 ? given + Skb.ETH_HLEN : Skb.len(skb)) + (int) difference;
    if (length <= limit) {
      return MTU_SUCCESS;
    }
    if (Memory.getShort(Skb.sharedInfo(skb) + SkbSharedInfoLayout.GSO_SIZE) == 0) {
      return MTU_FRAG_NEEDED;
    }
    // The segments' length counts from a transport header, which test runs leave unset.
    return flags != 0 ? MTU_SEGS_TOOBIG : MTU_SUCCESS;
  }

  private long checkXdpMtu(
      Cpu cpu, long xdp, long ifindex, long mtuAt, long difference, long flags) {
    int given = Memory.getInt(mtuAt);
    Memory.putInt(mtuAt, 0);
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    long rxq = Memory.getLong(xdp + XdpBuffLayout.RXQ);
    Device device = device(Memory.getLong(rxq + XdpRxqInfoLayout.DEV), (int) ifindex);
    if (device == null) {
      return -Errno.ENODEV;
    }
    Memory.putInt(mtuAt, device.mtu());
    int length = given != 0 ? given + Skb.ETH_HLEN : Xdp.linearLength(xdp);
    return length + (int) difference > device.mtu() + Skb.ETH_HLEN ? MTU_FRAG_NEEDED : MTU_SUCCESS;
  }
}

package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.layout.SkBuffLayout;
import java.util.concurrent.atomic.AtomicLong;

/** Helpers about what belongs to a packet besides its bytes: type, hash, device, owner. */
final class SkbStateHelpers {
  private static final int PACKET_OTHERHOST = 3;
  private static final int TC_ACT_SHOT = 2;
  private static final int TC_ACT_REDIRECT = 7;
  private static final int INGRESS = 1;
  private static final int NEIGH_PARAMS = 20;
  private static final int ROOT_CGROUP = 1;
  private static final int CLOCK_TAI = 2;

  /** Cookies are unique numbers, never 0. */
  private static final AtomicLong COOKIES = new AtomicLong(1);

  private SkbStateHelpers() {}

  static void define(HelperTable table) {
    table.set(32, (cpu, skb, type, r3, r4, r5) -> changeType(skb, (int) type));
    table.set(34, (cpu, skb, r2, r3, r4, r5) -> hashRecalc(skb));
    table.set(41, (cpu, skb, r2, r3, r4, r5) -> setHashInvalid(skb));
    table.set(48, (cpu, skb, hash, r3, r4, r5) -> setHash(skb, (int) hash));
    table.set(192, (cpu, skb, tstamp, type, r4, r5) -> setTstamp(skb, tstamp, (int) type));
    table.set(97, (cpu, skb, r2, r3, r4, r5) -> SkbEcn.setCongested(skb));
    redirects(table);
    owners(table);
  }

  private static void redirects(HelperTable table) {
    table.set(13, SkbStateHelpers::cloneRedirect);
    table.set(
        23,
        (cpu, ifindex, flags, r3, r4, r5) ->
            (flags & ~INGRESS) != 0 ? TC_ACT_SHOT : TC_ACT_REDIRECT);
    table.set(
        152,
        (cpu, ifindex, params, size, flags, r5) ->
            flags != 0 || (int) size != 0 && Integer.compareUnsigned((int) size, NEIGH_PARAMS) < 0
                ? TC_ACT_SHOT
                : TC_ACT_REDIRECT);
    table.set(155, (cpu, ifindex, flags, r3, r4, r5) -> flags != 0 ? TC_ACT_SHOT : TC_ACT_REDIRECT);
  }

  private static void owners(HelperTable table) {
    for (int id : new int[] {17, 24, 47, 151}) {
      table.set(id, (cpu, r1, r2, r3, r4, r5) -> 0);
    }
    long cookie = COOKIES.getAndIncrement();
    table.set(46, (cpu, r1, r2, r3, r4, r5) -> cookie);
    table.set(122, (cpu, r1, r2, r3, r4, r5) -> cookie);
    table.set(79, (cpu, skb, r2, r3, r4, r5) -> ROOT_CGROUP);
    table.set(128, (cpu, sk, r2, r3, r4, r5) -> ROOT_CGROUP);
    table.set(83, (cpu, skb, level, r3, r4, r5) -> (int) level == 0 ? ROOT_CGROUP : 0);
    table.set(129, (cpu, sk, level, r3, r4, r5) -> (int) level == 0 ? ROOT_CGROUP : 0);
    // There are no sockets to be found.
    for (int id : new int[] {84, 85, 99}) {
      table.set(id, (cpu, r1, r2, r3, r4, r5) -> 0);
    }
    table.set(86, (cpu, sk, r2, r3, r4, r5) -> 0);
    table.set(95, (cpu, sk, r2, r3, r4, r5) -> sk);
    table.set(96, (cpu, sk, r2, r3, r4, r5) -> 0);
    table.set(98, (cpu, sk, r2, r3, r4, r5) -> 0);
  }

  private static long changeType(long skb, int type) {
    if (SkbBits.packetType(skb) > PACKET_OTHERHOST
        || Integer.compareUnsigned(type, PACKET_OTHERHOST) > 0) {
      return -Errno.EINVAL;
    }
    SkbBits.packetType(skb, type);
    return 0;
  }

  /** The flow hash: any non-zero number that depends on the packet's headers. */
  private static long hashRecalc(long skb) {
    if (!SkbBits.hasHash(skb)) {
      long from = Skb.data(skb) + Math.max(0, Skb.networkOffset(skb));
      long end = Skb.data(skb) + Skb.len(skb);
      int hash = 0x9e3779b9;
      for (long at = from; at < Math.min(end, from + 48); at++) {
        hash = hash * 31 + Memory.getByte(at);
      }
      SkbBits.hash(skb, hash == 0 ? 1 : hash);
    }
    return Memory.getInt(skb + SkBuffLayout.HASH) & 0xffffffffL;
  }

  private static long setHashInvalid(long skb) {
    SkbBits.clearHash(skb);
    return 0;
  }

  private static long setHash(long skb, int hash) {
    SkbBits.hash(skb, hash);
    return 0;
  }

  private static long setTstamp(long skb, long tstamp, int type) {
    if (Skb.protocol(skb) != Skb.PROTOCOL_IP && Skb.protocol(skb) != Skb.PROTOCOL_IPV6) {
      return -Errno.EOPNOTSUPP;
    }
    if (type < 0 || type > CLOCK_TAI || type != 0 && tstamp == 0) {
      return -Errno.EINVAL;
    }
    Memory.putLong(skb + SkBuffLayout.TSTAMP, tstamp);
    long at = skb + SkBuffLayout.MONO_TC_OFFSET;
    Memory.putByte(at, (byte) (Memory.getByte(at) & ~SkBuffLayout.TSTAMP_TYPE_MASK | type));
    return 0;
  }

  /** The clone would leave through a device: nothing of that is seen by the program. */
  private static long cloneRedirect(Cpu cpu, long skb, long ifindex, long flags, long r4, long r5) {
    return (flags & ~INGRESS) != 0 || (int) ifindex != Device.LOOPBACK_IFINDEX ? -Errno.EINVAL : 0;
  }
}

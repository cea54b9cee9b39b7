package dev.skep.run;

import dev.skep.natives.Memory;

/** bpf_skb_ecn_set_ce: marks a packet as having met congestion (INET_ECN_set_ce). */
final class SkbEcn {
  private static final int ECN_MASK = 3;
  private static final int CE = 3;

  private SkbEcn() {}

  /** 1 when the packet now says "congestion experienced", 0 when it cannot. */
  static long setCongested(long skb) {
    long ip = Skb.data(skb) + Skb.networkOffset(skb);
    long end = Skb.data(skb) + Skb.len(skb);
    return switch (SkbVlan.innerProtocol(skb)) {
      case Skb.PROTOCOL_IP -> ip + 20 <= end ? markIpv4(ip) : 0;
      case Skb.PROTOCOL_IPV6 -> ip + 40 <= end ? markIpv6(ip) : 0;
      default -> 0;
    };
  }

  private static long markIpv4(long ip) {
    int tos = Memory.getByte(ip + 1) & 0xff;
    int ecn = tos & ECN_MASK;
    if (ecn == 0) {
      return 0;
    }
    if (ecn != CE) {
      int before = Memory.getShort(ip) & 0xffff;
      Memory.putByte(ip + 1, (byte) (tos | CE));
      int after = Memory.getShort(ip) & 0xffff;
      int sum = Memory.getShort(ip + 10) & 0xffff;
      Memory.putShort(ip + 10, (short) Csum.replace(sum, before, after));
    }
    return 1;
  }

  private static long markIpv6(long ip) {
    int second = Memory.getByte(ip + 1) & 0xff;
    int ecn = second >> 4 & ECN_MASK;
    if (ecn == 0) {
      return 0;
    }
    Memory.putByte(ip + 1, (byte) (second | CE << 4));
    return 1;
  }
}

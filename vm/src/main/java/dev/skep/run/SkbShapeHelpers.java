package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.layout.SkBuffLayout;

/** Helpers that change a socket buffer's length, headers and protocol (net/core/filter.c). */
final class SkbShapeHelpers {
  private static final int IPV4_LEN = 20;
  private static final int IPV6_LEN = 40;

  private SkbShapeHelpers() {}

  static void define(HelperTable table) {
    table.set(38, (cpu, skb, len, flags, r4, r5) -> changeTail(skb, len & 0xffffffffL, flags));
    table.set(43, (cpu, skb, room, flags, r4, r5) -> changeHead(skb, room, flags));
    table.set(31, (cpu, skb, proto, flags, r4, r5) -> changeProto(skb, (int) proto, flags));
    table.set(50, SkbShapeHelpers::adjustRoom);
    table.set(18, (cpu, skb, proto, tci, r4, r5) -> SkbVlan.push(skb, (int) proto, (int) tci));
    table.set(19, (cpu, skb, r2, r3, r4, r5) -> SkbVlan.pop(skb));
  }

  private static long changeTail(long skb, long length, long flags) {
    if (flags != 0 || length > Skb.MAX_LEN || length < minLength(skb)) {
      return -Errno.EINVAL;
    }
    if (SkbBits.encapsulated(skb)) {
      return -Errno.ENOTSUPP;
    }
    int before = Skb.len(skb);
    if (length > before) {
      Memory.fill(Skb.data(skb) + before, length - before, (byte) 0);
    }
    Skb.setLength(skb, (int) length);
    trimChecksum(skb);
    Skb.computeDataPointers(skb);
    return 0;
  }

  /** A complete checksum does not survive a new length (pskb_trim_rcsum gives it up, too). */
  private static void trimChecksum(long skb) {
    if (SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_COMPLETE) {
      SkbBits.ipSummed(skb, SkbBits.CHECKSUM_NONE);
    }
  }

  private static int minLength(long skb) {
    int transport = Memory.getShort(skb + SkBuffLayout.TRANSPORT_HEADER) & 0xffff;
    if (transport != 0xffff) {
      int offset = (int) (Skb.head(skb) + transport - Skb.data(skb));
      if (offset > 0) {
        return offset;
      }
    }
    return Math.max(0, Skb.networkOffset(skb));
  }

  private static long changeHead(long skb, long room, long flags) {
    long bytes = room & 0xffffffffL;
    long length = Skb.len(skb) + bytes;
    if (flags != 0 || length > Skb.MAX_LEN) {
      return -Errno.EINVAL;
    }
    Skb.push(skb, (int) bytes);
    Memory.fill(Skb.data(skb), bytes, (byte) 0);
    Skb.resetMacHeader(skb);
    Skb.computeDataPointers(skb);
    return 0;
  }

  private static long changeProto(long skb, int proto, long flags) {
    if (flags != 0) {
      return -Errno.EINVAL;
    }
    int from = Skb.protocol(skb);
    int to = proto & 0xffff;
    int mac = Skb.networkOffset(skb) - Skb.macOffset(skb);
    if (from == Skb.PROTOCOL_IP && to == Skb.PROTOCOL_IPV6) {
      insert(skb, mac, IPV6_LEN - IPV4_LEN);
    } else if (from == Skb.PROTOCOL_IPV6 && to == Skb.PROTOCOL_IP) {
      if (!remove(skb, mac, IPV6_LEN - IPV4_LEN)) {
        return -Errno.ENOMEM;
      }
    } else {
      return -Errno.ENOTSUPP;
    }
    Memory.putShort(skb + SkBuffLayout.PROTOCOL, (short) to);
    SkbBits.clearHash(skb);
    Skb.computeDataPointers(skb);
    return 0;
  }

  /** bpf_skb_net_hdr_push: zero bytes behind the first {@code offset}. */
  private static void insert(long skb, int offset, int bytes) {
    Skb.push(skb, bytes);
    long data = Skb.data(skb);
    Memory.copy(data + bytes, data, offset);
    Memory.fill(data + offset, bytes, (byte) 0);
    Skb.moveMacHeader(skb, -bytes);
    moveHeaders(skb, -bytes);
  }

  /** bpf_skb_net_hdr_pop: takes bytes out behind the first {@code offset}. */
  private static boolean remove(long skb, int offset, int bytes) {
    if (offset + bytes > Skb.len(skb)) {
      return false;
    }
    long data = Skb.data(skb);
    Memory.copy(data, data + bytes, offset);
    Skb.pull(skb, bytes);
    Skb.moveMacHeader(skb, bytes);
    moveHeaders(skb, bytes);
    return true;
  }

  /** The network header, and the transport header where that is the same. */
  private static void moveHeaders(long skb, int by) {
    short network = Memory.getShort(skb + SkBuffLayout.NETWORK_HEADER);
    if (Memory.getShort(skb + SkBuffLayout.TRANSPORT_HEADER) == network) {
      Memory.putShort(skb + SkBuffLayout.TRANSPORT_HEADER, (short) (network + by));
    }
    Memory.putShort(skb + SkBuffLayout.NETWORK_HEADER, (short) (network + by));
  }

  private static long adjustRoom(Cpu cpu, long skb, long diff, long mode, long flags, long r5) {
    int by = (int) diff;
    int bytes = Math.abs(by);
    if ((flags & ~RoomFlags.KNOWN) != 0) {
      return -Errno.EINVAL;
    }
    if (Integer.compareUnsigned(bytes, RoomFlags.MAX_DIFF) > 0) {
      return -Errno.EFAULT;
    }
    int base = RoomFlags.baseLength(Skb.protocol(skb));
    if (base == 0 || mode != RoomFlags.MODE_NET && mode != RoomFlags.MODE_MAC) {
      return -Errno.ENOTSUPP;
    }
    int min = base;
    if ((flags & RoomFlags.DECAP_L3) != 0) {
      if (by >= 0 || (flags & RoomFlags.DECAP_L3) == RoomFlags.DECAP_L3) {
        return -Errno.EINVAL;
      }
      min = (flags & RoomFlags.DECAP_L3_IPV4) != 0 ? IPV4_LEN : IPV6_LEN;
    }
    int network = Skb.networkOffset(skb);
    int current = Skb.len(skb) - network;
    if (by < 0 ? bytes >= current || current - bytes < min : Skb.len(skb) + bytes > Skb.MAX_LEN) {
      return -Errno.ENOTSUPP;
    }
    int offset = network - Skb.macOffset(skb) + (mode == RoomFlags.MODE_NET ? base : 0);
    long result = by < 0 ? shrink(skb, offset, bytes, flags) : grow(skb, offset, bytes, flags);
    if (result == 0
        && (flags & RoomFlags.NO_CSUM_RESET) == 0
        && SkbBits.ipSummed(skb) == SkbBits.CHECKSUM_UNNECESSARY) {
      SkbBits.ipSummed(skb, SkbBits.CHECKSUM_NONE);
    }
    Skb.computeDataPointers(skb);
    return result;
  }

  private static long grow(long skb, int offset, int bytes, long flags) {
    boolean encap = (flags & RoomFlags.ENCAP_L3) != 0;
    if (encap) {
      int errno = RoomFlags.checkEncap(flags, bytes, SkbBits.encapsulated(skb));
      if (errno != 0) {
        return -errno;
      }
    }
    int mac = Skb.networkOffset(skb) - Skb.macOffset(skb);
    insert(skb, offset, bytes);
    if (encap) {
      SkbBits.encapsulate(skb);
      int network = (int) (Skb.data(skb) - Skb.head(skb)) + mac;
      boolean ipv6 = (flags & RoomFlags.ENCAP_L3_IPV6) != 0;
      Memory.putShort(skb + SkBuffLayout.NETWORK_HEADER, (short) network);
      Memory.putShort(
          skb + SkBuffLayout.TRANSPORT_HEADER, (short) (network + (ipv6 ? IPV6_LEN : IPV4_LEN)));
      setProtocol(skb, ipv6);
    }
    return 0;
  }

  private static long shrink(long skb, int offset, int bytes, long flags) {
    long allowed = RoomFlags.FIXED_GSO | RoomFlags.DECAP_L3 | RoomFlags.NO_CSUM_RESET;
    if ((flags & ~allowed) != 0) {
      return -Errno.EINVAL;
    }
    if (!remove(skb, offset, bytes)) {
      return -Errno.ENOMEM;
    }
    if ((flags & RoomFlags.DECAP_L3) != 0) {
      setProtocol(skb, (flags & RoomFlags.DECAP_L3_IPV6) != 0);
    }
    return 0;
  }

  private static void setProtocol(long skb, boolean ipv6) {
    int protocol = ipv6 ? Skb.PROTOCOL_IPV6 : Skb.PROTOCOL_IP;
    Memory.putShort(skb + SkBuffLayout.PROTOCOL, (short) protocol);
  }
}

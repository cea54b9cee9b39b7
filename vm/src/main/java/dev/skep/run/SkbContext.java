package dev.skep.run;

import dev.skep.machine.AddressSpace;
import dev.skep.natives.Memory;
import dev.skep.program.layout.SkBuffLayout;
import dev.skep.program.layout.SkbSharedInfoLayout;
import dev.skep.program.layout.SockLayout;

/**
 * One CPU's socket buffer for test runs: sk_buff, its socket, and the packet's memory.
 *
 * <pre>
 *   head         headroom            data           tail                 end
 *   |<-- room for helpers that push -->| packet .... | room to grow ..... | skb_shared_info
 * </pre>
 */
final class SkbContext implements AutoCloseable {
  /** What helpers may add in front and behind; the offsets in sk_buff are 16 bits wide. */
  static final int HEADROOM = 20 << 10;

  private static final int CAPACITY = 40 << 10;
  private static final int PACKET_OTHERHOST = 3;
  private static final int PACKET_MULTICAST = 2;
  private static final int ETH_P_802_3_MIN = 0x600;

  /** ETH_P_802_2 and ETH_P_802_3 in network order. */
  private static final short PROTOCOL_802_2 = 0x0400;

  private static final short PROTOCOL_802_3 = 0x0100;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final short UNSET = (short) 0xffff;

  /** Skep's own, behind struct sk_buff: see {@link TunnelHelpers}. */
  static final int TUNNEL = SkBuffLayout.SIZE + 63 & -64;

  private final long skb = Memory.allocate(TUNNEL + TunnelHelpers.SIZE);
  private final long sock = Memory.allocate(SockLayout.SIZE);
  private final long head = Memory.allocate(CAPACITY + SkbSharedInfoLayout.SIZE);
  private final AddressSpace space;

  SkbContext(AddressSpace space) {
    this.space = space;
    space.add(skb, SkBuffLayout.SIZE);
    space.add(sock, SockLayout.SIZE);
    space.add(head, CAPACITY + SkbSharedInfoLayout.SIZE);
  }

  long skb() {
    return skb;
  }

  /** The socket that the packet seems to belong to. */
  long sock() {
    return sock;
  }

  /** Where the packet of the next run is to be put. */
  long packet() {
    return head + HEADROOM;
  }

  /**
   * Makes a fresh sk_buff of the Ethernet frame at {@link #packet}, as bpf_prog_test_run_skb does.
   *
   * @param device where it comes from
   * @param l2 whether the program sees the Ethernet header
   * @param pointers whether it has direct packet access
   */
  void build(int length, Device device, boolean l2, boolean pointers) {
    clear(length, device);
    ethTypeTrans();
    Skb.resetNetworkHeader(skb);
    nameSocket(length - Skb.ETH_HLEN);
    if (l2) {
      Skb.push(skb, Skb.ETH_HLEN);
    }
    if (pointers) {
      Skb.computeDataPointers(skb);
    }
  }

  /**
   * Makes a fresh sk_buff of the network packet at {@link #packet}, as if it was just made here.
   *
   * @param protocol Ethertype as memory holds it
   */
  void buildLocal(int length, Device device, int protocol) {
    clear(length, device);
    Memory.putShort(skb + SkBuffLayout.PROTOCOL, (short) protocol);
  }

  private void clear(int length, Device device) {
    Memory.fill(skb, SkBuffLayout.SIZE, (byte) 0);
    Memory.putInt(skb + TUNNEL, 0);
    Memory.fill(sock, SockLayout.SIZE, (byte) 0);
    Memory.fill(head + CAPACITY, SkbSharedInfoLayout.SIZE, (byte) 0);
    Memory.putLong(skb + SkBuffLayout.HEAD, head);
    Memory.putLong(skb + SkBuffLayout.DATA, head + HEADROOM);
    Memory.putInt(skb + SkBuffLayout.END, CAPACITY);
    Memory.putInt(skb + SkBuffLayout.USERS, 1);
    Memory.putLong(skb + SkBuffLayout.SK, sock);
    Memory.putLong(skb + SkBuffLayout.DEV, device.address());
    Memory.putShort(skb + SkBuffLayout.TRANSPORT_HEADER, UNSET);
    Skb.setLength(skb, length);
  }

  /** eth_type_trans: the packet type, the protocol, and data behind the Ethernet header. */
  private void ethTypeTrans() {
    long data = Skb.data(skb);
    Skb.resetMacHeader(skb);
    Skb.pull(skb, Skb.ETH_HLEN);
    int type;
    if ((Memory.getByte(data) & 1) != 0) {
      // Loopback's broadcast address is zero, so ff:ff:ff:ff:ff:ff is multicast too.
      type = PACKET_MULTICAST;
    } else {
      type = Memory.getInt(data) == 0 && Memory.getShort(data + 4) == 0 ? 0 : PACKET_OTHERHOST;
    }
    Memory.putByte(skb + SkBuffLayout.PKT_TYPE_OFFSET, (byte) type);
    short protocol = Memory.getShort(data + 12);
    if ((Short.reverseBytes(protocol) & 0xffff) < ETH_P_802_3_MIN) {
      boolean ipx = Skb.len(skb) >= 2 && Memory.getShort(data + 14) == -1;
      protocol = ipx ? PROTOCOL_802_3 : PROTOCOL_802_2;
    }
    Memory.putShort(skb + SkBuffLayout.PROTOCOL, protocol);
  }

  /** Gives the dummy socket the packet's addresses. */
  private void nameSocket(int length) {
    long ip = Skb.data(skb);
    if (Skb.protocol(skb) == Skb.PROTOCOL_IP) {
      Memory.putShort(sock + SockLayout.FAMILY, (short) AF_INET);
      if (length >= 20) {
        Memory.putInt(sock + SockLayout.RCV_SADDR, Memory.getInt(ip + 12));
        Memory.putInt(sock + SockLayout.DADDR, Memory.getInt(ip + 16));
      }
    } else if (Skb.protocol(skb) == Skb.PROTOCOL_IPV6) {
      Memory.putShort(sock + SockLayout.FAMILY, (short) AF_INET6);
      if (length >= 40) {
        Memory.copy(ip + 8, sock + SockLayout.V6_RCV_SADDR, 16);
        Memory.copy(ip + 24, sock + SockLayout.V6_DADDR, 16);
      }
    }
  }

  @Override
  public void close() {
    space.remove(skb);
    space.remove(sock);
    space.remove(head);
    Memory.free(skb);
    Memory.free(sock);
    Memory.free(head);
  }
}

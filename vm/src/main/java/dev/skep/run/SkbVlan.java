package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.program.layout.SkBuffLayout;

/** VLAN tags: the one beside the packet, and those in its data (net/core/skbuff.c). */
final class SkbVlan {
  /** Ethertypes in network order, as a little-endian u16. */
  private static final int PROTOCOL_8021Q = 0x0081;

  private static final int PROTOCOL_8021AD = 0xa888;
  private static final int TAG_LEN = 4;

  /** VLAN_MAX_DEPTH. */
  private static final int MAX_DEPTH = 8;

  private static final int ADDRESSES = 12;
  private static final int VLAN_ETH_HLEN = 18;
  private static final int ETH_P_802_3_MIN = 0x600;
  private static final short PROTOCOL_802_2 = 0x0400;
  private static final short PROTOCOL_802_3 = 0x0100;

  private SkbVlan() {}

  private static boolean isVlan(int protocol) {
    return protocol == PROTOCOL_8021Q || protocol == PROTOCOL_8021AD;
  }

  /**
   * What the packet holds behind the tags in its data (vlan_get_protocol); 0 where they do not end.
   */
  static int innerProtocol(long skb) {
    int protocol = Skb.protocol(skb);
    int at = Skb.ETH_HLEN;
    for (int depth = 1; isVlan(protocol); depth++) {
      if (at + TAG_LEN > Skb.len(skb) || depth == MAX_DEPTH) {
        return 0;
      }
      protocol = Memory.getShort(Skb.data(skb) + at + 2) & 0xffff;
      at += TAG_LEN;
    }
    return protocol;
  }

  private static boolean present(long skb) {
    return Memory.getInt(skb + SkBuffLayout.VLAN_ALL) != 0;
  }

  /** bpf_skb_vlan_push. */
  static long push(long skb, int proto, int tci) {
    int protocol = isVlan(proto & 0xffff) ? proto & 0xffff : PROTOCOL_8021Q;
    if (present(skb)) {
      short old = Memory.getShort(skb + SkBuffLayout.VLAN_PROTO);
      insertTag(skb, old, Memory.getShort(skb + SkBuffLayout.VLAN_TCI));
      Memory.putShort(skb + SkBuffLayout.PROTOCOL, old);
      Memory.putShort(
          skb + SkBuffLayout.NETWORK_HEADER,
          (short) (Memory.getShort(skb + SkBuffLayout.NETWORK_HEADER) - TAG_LEN));
    }
    putTag(skb, protocol, tci);
    Skb.computeDataPointers(skb);
    return 0;
  }

  private static void putTag(long skb, int protocol, int tci) {
    Memory.putShort(skb + SkBuffLayout.VLAN_PROTO, (short) protocol);
    Memory.putShort(skb + SkBuffLayout.VLAN_TCI, (short) tci);
  }

  private static void insertTag(long skb, short protocol, short tci) {
    Skb.push(skb, TAG_LEN);
    long data = Skb.data(skb);
    Memory.copy(data + TAG_LEN, data, ADDRESSES);
    Skb.moveMacHeader(skb, -TAG_LEN);
    Memory.putShort(data + ADDRESSES, protocol);
    Memory.putShort(data + ADDRESSES + 2, Short.reverseBytes(tci));
  }

  /** bpf_skb_vlan_pop. */
  static long pop(long skb) {
    long result = 0;
    if (present(skb)) {
      Memory.putInt(skb + SkBuffLayout.VLAN_ALL, 0);
    } else {
      if (!isVlan(Skb.protocol(skb))) {
        return 0;
      }
      result = removeTag(skb);
    }
    int protocol = Skb.protocol(skb);
    if (result >= 0 && isVlan(protocol)) {
      result = removeTag(skb);
      if (result >= 0) {
        putTag(skb, protocol, (int) result);
      }
    }
    Skb.computeDataPointers(skb);
    return Math.min(result, 0);
  }

  /** Takes the first tag out of the data: its TCI, or a negative errno. */
  private static long removeTag(long skb) {
    if (Skb.len(skb) < VLAN_ETH_HLEN) {
      return -Errno.ENOMEM;
    }
    long data = Skb.data(skb);
    int tci = Short.reverseBytes(Memory.getShort(data + 14)) & 0xffff;
    short inner = Memory.getShort(data + 16);
    boolean ipx = Skb.len(skb) >= 20 && Memory.getShort(data + 18) == -1;
    Memory.copy(data, data + TAG_LEN, ADDRESSES);
    Skb.pull(skb, TAG_LEN);
    Skb.moveMacHeader(skb, TAG_LEN);
    if ((Short.reverseBytes(inner) & 0xffff) < ETH_P_802_3_MIN) {
      inner = ipx ? PROTOCOL_802_3 : PROTOCOL_802_2;
    }
    Memory.putShort(skb + SkBuffLayout.PROTOCOL, inner);
    if (Skb.networkOffset(skb) < Skb.ETH_HLEN) {
      Memory.putShort(
          skb + SkBuffLayout.NETWORK_HEADER,
          (short) (Skb.data(skb) - Skb.head(skb) + Skb.ETH_HLEN));
    }
    return tci;
  }
}

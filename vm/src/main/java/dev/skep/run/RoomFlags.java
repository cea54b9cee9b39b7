package dev.skep.run;

import dev.skep.errors.Errno;

/** Modes and flags of bpf_skb_adjust_room, BPF_ADJ_ROOM_* and BPF_F_ADJ_ROOM_*. */
final class RoomFlags {
  static final int MODE_NET = 0;
  static final int MODE_MAC = 1;
  static final int MAX_DIFF = 0xfff;

  static final long FIXED_GSO = 0x1;
  static final long ENCAP_L3_IPV4 = 0x2;
  static final long ENCAP_L3_IPV6 = 0x4;
  static final long ENCAP_L3 = ENCAP_L3_IPV4 | ENCAP_L3_IPV6;
  static final long ENCAP_L4_GRE = 0x8;
  static final long ENCAP_L4_UDP = 0x10;
  static final long NO_CSUM_RESET = 0x20;
  static final long ENCAP_L2_ETH = 0x40;
  static final long DECAP_L3_IPV4 = 0x80;
  static final long DECAP_L3_IPV6 = 0x100;
  static final long DECAP_L3 = DECAP_L3_IPV4 | DECAP_L3_IPV6;

  /** The inner link header's length lies in the upper 8 bits. */
  static final int L2_SHIFT = 56;

  static final long KNOWN = 0x1ff | 0xffL << L2_SHIFT;

  private static final int EALREADY = 114;

  private RoomFlags() {}

  /** The length of a base IP header, or 0 for another protocol. */
  static int baseLength(int protocol) {
    return switch (protocol) {
      case Skb.PROTOCOL_IP -> 20;
      case Skb.PROTOCOL_IPV6 -> 40;
      default -> 0;
    };
  }

  /** The errno of flags that ask for encapsulation, or 0. */
  static int checkEncap(long flags, int bytes, boolean encapsulated) {
    int inner = (int) (flags >>> L2_SHIFT);
    if ((flags & ENCAP_L3) == ENCAP_L3
        || (flags & (ENCAP_L4_GRE | ENCAP_L4_UDP)) == (ENCAP_L4_GRE | ENCAP_L4_UDP)
        || (flags & ENCAP_L2_ETH) != 0 && inner < Skb.ETH_HLEN) {
      return Errno.EINVAL;
    }
    if (encapsulated) {
      return EALREADY;
    }
    return inner > bytes ? Errno.EINVAL : 0;
  }
}

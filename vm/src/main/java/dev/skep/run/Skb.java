package dev.skep.run;

import static dev.skep.program.layout.SkBuffLayout.CB;
import static dev.skep.program.layout.SkBuffLayout.DATA;
import static dev.skep.program.layout.SkBuffLayout.DATA_LEN;
import static dev.skep.program.layout.SkBuffLayout.END;
import static dev.skep.program.layout.SkBuffLayout.HEAD;
import static dev.skep.program.layout.SkBuffLayout.LEN;
import static dev.skep.program.layout.SkBuffLayout.MAC_HEADER;
import static dev.skep.program.layout.SkBuffLayout.NETWORK_HEADER;
import static dev.skep.program.layout.SkBuffLayout.PROTOCOL;
import static dev.skep.program.layout.SkBuffLayout.TAIL;
import static dev.skep.program.layout.SkBuffLayout.TRANSPORT_HEADER;

import dev.skep.natives.Memory;
import dev.skep.program.layout.SkbControlBlockLayout;

/**
 * Operations on a struct sk_buff by its address. All packets are linear and have room on both sides
 * for everything that helpers may add, so nothing is ever moved to another buffer.
 */
final class Skb {
  static final int ETH_HLEN = 14;

  /** Ethertypes in network order, as a little-endian u16 load sees them. */
  static final int PROTOCOL_IP = 0x0008;

  static final int PROTOCOL_IPV6 = 0xdd86;

  /** SKB_MAX_ALLOC: BPF_SKB_MAX_LEN of helpers that grow a packet. */
  static final int MAX_LEN = 16064;

  private Skb() {}

  static int len(long skb) {
    return Memory.getInt(skb + LEN);
  }

  static long data(long skb) {
    return Memory.getLong(skb + DATA);
  }

  static long head(long skb) {
    return Memory.getLong(skb + HEAD);
  }

  /** struct skb_shared_info. */
  static long sharedInfo(long skb) {
    return head(skb) + Integer.toUnsignedLong(Memory.getInt(skb + END));
  }

  static int protocol(long skb) {
    return Memory.getShort(skb + PROTOCOL) & 0xffff;
  }

  /** Where the network header is, counted from data; negative when data is behind it. */
  static int networkOffset(long skb) {
    return (int) (head(skb) + (Memory.getShort(skb + NETWORK_HEADER) & 0xffff) - data(skb));
  }

  static int macOffset(long skb) {
    return (int) (head(skb) + (Memory.getShort(skb + MAC_HEADER) & 0xffff) - data(skb));
  }

  static boolean macHeaderWasSet(long skb) {
    return (Memory.getShort(skb + MAC_HEADER) & 0xffff) != 0xffff;
  }

  static void resetMacHeader(long skb) {
    Memory.putShort(skb + MAC_HEADER, (short) (data(skb) - head(skb)));
  }

  static void resetNetworkHeader(long skb) {
    Memory.putShort(skb + NETWORK_HEADER, (short) (data(skb) - head(skb)));
  }

  /** Moves the network header, and the transport header if it is set. */
  static void moveNetworkHeader(long skb, int by) {
    Memory.putShort(skb + NETWORK_HEADER, (short) (Memory.getShort(skb + NETWORK_HEADER) + by));
    if ((Memory.getShort(skb + TRANSPORT_HEADER) & 0xffff) != 0xffff) {
      Memory.putShort(
          skb + TRANSPORT_HEADER, (short) (Memory.getShort(skb + TRANSPORT_HEADER) + by));
    }
  }

  static void moveMacHeader(long skb, int by) {
    Memory.putShort(skb + MAC_HEADER, (short) (Memory.getShort(skb + MAC_HEADER) + by));
  }

  /** Extends the packet in front (__skb_push). */
  static void push(long skb, int bytes) {
    Memory.putLong(skb + DATA, data(skb) - bytes);
    Memory.putInt(skb + LEN, len(skb) + bytes);
  }

  /** Takes bytes off the front (__skb_pull). */
  static void pull(long skb, int bytes) {
    push(skb, -bytes);
  }

  /** Sets the length, at the packet's end. */
  static void setLength(long skb, int length) {
    Memory.putInt(skb + LEN, length);
    Memory.putInt(skb + DATA_LEN, 0);
    Memory.putInt(skb + TAIL, (int) (data(skb) + length - head(skb)));
  }

  /** bpf_compute_data_pointers: what programs load as data_meta and data_end. */
  static void computeDataPointers(long skb) {
    long data = data(skb);
    Memory.putLong(skb + CB + SkbControlBlockLayout.DATA_META, data);
    Memory.putLong(skb + CB + SkbControlBlockLayout.DATA_END, data + len(skb));
  }
}

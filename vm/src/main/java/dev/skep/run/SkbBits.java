package dev.skep.run;

import dev.skep.natives.Memory;
import dev.skep.program.layout.SkBuffLayout;

/**
 * The bit fields of struct sk_buff that only helpers look at.
 *
 * <pre>
 *   byte 128: pkt_type 0..2 | .. | ip_summed 5..6 | ..
 *   byte 129: .. | csum_level 6..7
 *   byte 130: .. | l4_hash 1 | sw_hash 2 | .. | encapsulation 4 | ..
 * </pre>
 */
final class SkbBits {
  static final int CHECKSUM_NONE = 0;
  static final int CHECKSUM_UNNECESSARY = 1;
  static final int CHECKSUM_COMPLETE = 2;
  static final int CHECKSUM_PARTIAL = 3;

  private static final int SUMMED_SHIFT = 5;
  private static final int LEVEL_SHIFT = 6;
  private static final int HASH_BYTE = 130;
  private static final int HASH_BITS = 0b110;
  private static final int ENCAPSULATION = 1 << 4;

  /** u32, the complete sum. */
  private static final int CSUM = 136;

  private SkbBits() {}

  static int ipSummed(long skb) {
    return Memory.getByte(skb + SkBuffLayout.PKT_TYPE_OFFSET) >> SUMMED_SHIFT & 3;
  }

  static void ipSummed(long skb, int value) {
    set(skb + SkBuffLayout.PKT_TYPE_OFFSET, 3 << SUMMED_SHIFT, value << SUMMED_SHIFT);
  }

  static int csumLevel(long skb) {
    return Memory.getByte(skb + SkBuffLayout.MONO_TC_OFFSET) >> LEVEL_SHIFT & 3;
  }

  static void csumLevel(long skb, int value) {
    set(skb + SkBuffLayout.MONO_TC_OFFSET, 3 << LEVEL_SHIFT, value << LEVEL_SHIFT);
  }

  static int csum(long skb) {
    return Memory.getInt(skb + CSUM);
  }

  static void csum(long skb, int value) {
    Memory.putInt(skb + CSUM, value);
  }

  static int packetType(long skb) {
    return Memory.getByte(skb + SkBuffLayout.PKT_TYPE_OFFSET) & SkBuffLayout.PKT_TYPE_MASK;
  }

  static void packetType(long skb, int value) {
    set(skb + SkBuffLayout.PKT_TYPE_OFFSET, SkBuffLayout.PKT_TYPE_MASK, value);
  }

  /** Whether the flow hash is known (l4_hash or sw_hash). */
  static boolean hasHash(long skb) {
    return (Memory.getByte(skb + HASH_BYTE) & HASH_BITS) != 0;
  }

  static void hash(long skb, int value) {
    Memory.putInt(skb + SkBuffLayout.HASH, value);
    set(skb + HASH_BYTE, HASH_BITS, HASH_BITS);
  }

  static void clearHash(long skb) {
    Memory.putInt(skb + SkBuffLayout.HASH, 0);
    set(skb + HASH_BYTE, HASH_BITS, 0);
  }

  static boolean encapsulated(long skb) {
    return (Memory.getByte(skb + HASH_BYTE) & ENCAPSULATION) != 0;
  }

  static void encapsulate(long skb) {
    set(skb + HASH_BYTE, ENCAPSULATION, ENCAPSULATION);
  }

  private static void set(long at, int mask, int bits) {
    Memory.putByte(at, (byte) (Memory.getByte(at) & ~mask | bits));
  }
}

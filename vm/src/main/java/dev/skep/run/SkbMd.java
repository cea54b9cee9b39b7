package dev.skep.run;

import static dev.skep.program.layout.SkBuffLayout.CB;
import static dev.skep.program.layout.SkBuffLayout.MARK;
import static dev.skep.program.layout.SkBuffLayout.PRIORITY;
import static dev.skep.program.layout.SkBuffLayout.SKB_IIF;
import static dev.skep.program.layout.SkBuffLayout.TSTAMP;

import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.program.layout.NetDeviceLayout;
import dev.skep.program.layout.SkBuffLayout;
import dev.skep.program.layout.SkbControlBlockLayout;
import dev.skep.program.layout.SkbSharedInfoLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * struct __sk_buff as the context of a test run, in and out. Byte offsets of what may be given:
 *
 * <pre>
 *   8 mark   32 priority   36 ingress_ifindex   40 ifindex   48 cb[5]
 *   152 tstamp   160 wire_len   164 gso_segs   176 gso_size   184 hwtstamp   192
 * </pre>
 */
final class SkbMd {
  static final int SIZE = 192;

  private static final int MD_MARK = 8;
  private static final int MD_PRIORITY = 32;
  private static final int MD_INGRESS_IFINDEX = 36;
  private static final int MD_IFINDEX = 40;
  private static final int MD_CB = 48;
  private static final int CB_BYTES = 20;
  private static final int MD_TSTAMP = 152;
  private static final int MD_WIRE_LEN = 160;
  private static final int MD_GSO_SEGS = 164;
  private static final int MD_GSO_SIZE = 176;
  private static final int MD_HWTSTAMP = 184;

  /** Starts and ends of the ranges that must be zero. */
  private static final int[] ZERO = {0, 8, 12, 32, 44, 48, 68, 152, 168, 176, 180, 184};

  private static final int GSO_MAX_SIZE = 65536;
  private static final int GSO_MAX_SEGS = 65535;

  private SkbMd() {}

  private static ByteBuffer view(byte[] md) {
    return ByteBuffer.wrap(md).order(ByteOrder.LITTLE_ENDIAN);
  }

  static int ifindex(byte[] md) {
    return view(md).getInt(MD_IFINDEX);
  }

  /** Puts the given fields into an sk_buff: 0 or the errno (convert___skb_to_skb). */
  static int apply(byte[] md, long skb) {
    ByteBuffer in = view(md);
    for (int i = 0; i < ZERO.length; i += 2) {
      for (int at = ZERO[i]; at < ZERO[i + 1]; at++) {
        if (md[at] != 0) {
          return Errno.EINVAL;
        }
      }
    }
    int wireLen = in.getInt(MD_WIRE_LEN);
    int len = Skb.len(skb);
    if (wireLen != 0
            && (Integer.compareUnsigned(wireLen, len) < 0
                || Integer.compareUnsigned(wireLen, GSO_MAX_SIZE) > 0)
        || Integer.compareUnsigned(in.getInt(MD_GSO_SEGS), GSO_MAX_SEGS) > 0) {
      return Errno.EINVAL;
    }
    Memory.putInt(skb + MARK, in.getInt(MD_MARK));
    Memory.putInt(skb + PRIORITY, in.getInt(MD_PRIORITY));
    Memory.putInt(skb + SKB_IIF, in.getInt(MD_INGRESS_IFINDEX));
    Memory.putLong(skb + TSTAMP, in.getLong(MD_TSTAMP));
    Memory.copy(md, MD_CB, skb + CB + SkbControlBlockLayout.QDISC_DATA, CB_BYTES);
    Memory.putInt(skb + CB + SkbControlBlockLayout.QDISC_PKT_LEN, wireLen == 0 ? len : wireLen);
    long shared = Skb.sharedInfo(skb);
    Memory.putShort(shared + SkbSharedInfoLayout.GSO_SEGS, (short) in.getInt(MD_GSO_SEGS));
    Memory.putShort(shared + SkbSharedInfoLayout.GSO_SIZE, (short) in.getInt(MD_GSO_SIZE));
    Memory.putLong(shared + SkbSharedInfoLayout.HWTSTAMPS, in.getLong(MD_HWTSTAMP));
    return 0;
  }

  /** Takes the fields back after the run (convert_skb_to___skb). */
  static void read(long skb, byte[] md) {
    ByteBuffer out = view(md);
    long shared = Skb.sharedInfo(skb);
    out.putInt(MD_MARK, Memory.getInt(skb + MARK));
    out.putInt(MD_PRIORITY, Memory.getInt(skb + PRIORITY));
    out.putInt(MD_INGRESS_IFINDEX, Memory.getInt(skb + SKB_IIF));
    long device = Memory.getLong(skb + SkBuffLayout.DEV);
    out.putInt(MD_IFINDEX, Memory.getInt(device + NetDeviceLayout.IFINDEX));
    out.putLong(MD_TSTAMP, Memory.getLong(skb + TSTAMP));
    Memory.copy(skb + CB + SkbControlBlockLayout.QDISC_DATA, md, MD_CB, CB_BYTES);
    out.putInt(MD_WIRE_LEN, Memory.getInt(skb + CB + SkbControlBlockLayout.QDISC_PKT_LEN));
    out.putInt(MD_GSO_SEGS, Memory.getShort(shared + SkbSharedInfoLayout.GSO_SEGS) & 0xffff);
    out.putLong(MD_HWTSTAMP, Memory.getLong(shared + SkbSharedInfoLayout.HWTSTAMPS));
  }
}

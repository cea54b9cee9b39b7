package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.XdpBuffLayout;

/** Helpers of XDP programs (net/core/filter.c). */
final class XdpHelpers {
  private static final int XDP_ABORTED = 0;
  private static final int XDP_REDIRECT = 4;

  /** Metadata is counted in a u8 and in words. */
  private static final int MAX_META = 252;

  private static final int MAX_OFFSET = 0xffff;

  private XdpHelpers() {}

  static void define(HelperTable table) {
    table.set(44, XdpHelpers::adjustHead);
    table.set(54, XdpHelpers::adjustMeta);
    table.set(65, XdpHelpers::adjustTail);
    table.set(
        "bpf_xdp_pull_data",
        (cpu, xdp, length, r3, r4, r5) -> pullData(xdp, (int) length) & 0xffffffffL);
    table.set(188, (cpu, xdp, r2, r3, r4, r5) -> Xdp.length(xdp));
    table.set(189, (cpu, xdp, off, buf, len, r5) -> copy(xdp, (int) off, buf, (int) len, false));
    table.set(190, (cpu, xdp, off, buf, len, r5) -> copy(xdp, (int) off, buf, (int) len, true));
    table.set(
        ProgramType.XDP,
        23,
        (cpu, ifindex, flags, r3, r4, r5) -> flags != 0 ? XDP_ABORTED : XDP_REDIRECT);
  }

  /** bpf_xdp_pull_data: makes that many bytes linear, the frame's whole room used. */
  private static long pullData(long xdp, int length) {
    int missing = length - Xdp.linearLength(xdp);
    if (length >= 0 && missing <= 0) {
      return 0;
    }
    long meta = Xdp.dataMeta(xdp);
    long end = Xdp.dataEnd(xdp);
    long headroom = meta - Xdp.hardStart(xdp) - XdpContext.FRAME_HEADER;
    long tailroom = Xdp.hardEnd(xdp) - end;
    if (length < 0 || length > Xdp.length(xdp) || missing > tailroom + headroom) {
      return -Errno.EINVAL;
    }
    long shift = Math.max(0, missing - tailroom);
    Memory.copy(meta, meta - shift, end - meta);
    Memory.putLong(xdp + XdpBuffLayout.DATA_META, meta - shift);
    Memory.putLong(xdp + XdpBuffLayout.DATA, Xdp.data(xdp) - shift);
    long frags = Memory.getLong(xdp + XdpContext.FRAGS);
    Memory.copy(frags, end - shift, missing);
    Memory.putLong(xdp + XdpBuffLayout.DATA_END, end - shift + missing);
    Memory.putLong(xdp + XdpContext.FRAGS, frags + missing);
    Memory.putInt(xdp + XdpContext.FRAGS_LENGTH, Xdp.fragsLength(xdp) - missing);
    return 0;
  }

  private static long adjustHead(Cpu cpu, long xdp, long by, long r3, long r4, long r5) {
    int offset = (int) by;
    long meta = Xdp.dataMeta(xdp);
    long metaLength = Xdp.data(xdp) - meta;
    long data = Xdp.data(xdp) + offset;
    long limit = Xdp.hardStart(xdp) + XdpContext.FRAME_HEADER + metaLength;
    if (data < limit || data > Xdp.dataEnd(xdp) - Skb.ETH_HLEN) {
      return -Errno.EINVAL;
    }
    Memory.copy(meta, meta + offset, metaLength);
    Memory.putLong(xdp + XdpBuffLayout.DATA_META, meta + offset);
    Memory.putLong(xdp + XdpBuffLayout.DATA, data);
    return 0;
  }

  private static long adjustMeta(Cpu cpu, long xdp, long by, long r3, long r4, long r5) {
    long meta = Xdp.dataMeta(xdp) + (int) by;
    long length = Xdp.data(xdp) - meta;
    if (meta < Xdp.hardStart(xdp) + XdpContext.FRAME_HEADER || length < 0) {
      return -Errno.EINVAL;
    }
    if (!isMetaLength(length)) {
      return -Errno.EACCES;
    }
    Memory.putLong(xdp + XdpBuffLayout.DATA_META, meta);
    return 0;
  }

  /** Whether metadata may have that length (xdp_metalen_invalid is the opposite). */
  static boolean isMetaLength(long length) {
    return length <= MAX_META && (length & 3) == 0;
  }

  private static long adjustTail(Cpu cpu, long xdp, long by, long r3, long r4, long r5) {
    int offset = (int) by;
    if (Xdp.fragsLength(xdp) > 0) {
      return offset >= 0 ? growFrags(xdp, offset) : shrinkFrags(xdp, -offset);
    }
    long end = Xdp.dataEnd(xdp) + offset;
    if (end > Xdp.hardEnd(xdp) || end < Xdp.data(xdp) + Skb.ETH_HLEN) {
      return -Errno.EINVAL;
    }
    if (offset > 0) {
      Memory.fill(Xdp.dataEnd(xdp), offset, (byte) 0);
    }
    Memory.putLong(xdp + XdpBuffLayout.DATA_END, end);
    return 0;
  }

  /** Grows the last fragment inside its page. */
  private static long growFrags(long xdp, int by) {
    int length = Xdp.fragsLength(xdp);
    long end = Memory.getLong(xdp + XdpContext.FRAGS) + length;
    long room = -end & XdpContext.FRAG_SIZE - 1;
    if (by > room) {
      return -Errno.EINVAL;
    }
    Memory.fill(end, by, (byte) 0);
    Memory.putInt(xdp + XdpContext.FRAGS_LENGTH, length + by);
    return 0;
  }

  private static long shrinkFrags(long xdp, int by) {
    if (by < 0 || by > Xdp.length(xdp) - Skb.ETH_HLEN) {
      return -Errno.EINVAL;
    }
    int fromFrags = Math.min(by, Xdp.fragsLength(xdp));
    Memory.putInt(xdp + XdpContext.FRAGS_LENGTH, Xdp.fragsLength(xdp) - fromFrags);
    Memory.putLong(xdp + XdpBuffLayout.DATA_END, Xdp.dataEnd(xdp) - (by - fromFrags));
    return 0;
  }

  static long copy(long xdp, int offset, long buffer, int length, boolean toPacket) {
    if (Integer.compareUnsigned(offset, MAX_OFFSET) > 0
        || Integer.compareUnsigned(length, MAX_OFFSET) > 0) {
      return -Errno.EFAULT;
    }
    if (offset + length > Xdp.length(xdp)) {
      return -Errno.EINVAL;
    }
    Xdp.copy(xdp, offset, buffer, length, toPacket);
    return 0;
  }
}

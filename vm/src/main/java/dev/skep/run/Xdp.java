package dev.skep.run;

import dev.skep.natives.Memory;
import dev.skep.program.layout.XdpBuffLayout;

/** Operations on a struct xdp_buff of {@link XdpContext} by its address. */
final class Xdp {
  private Xdp() {}

  static long data(long xdp) {
    return Memory.getLong(xdp + XdpBuffLayout.DATA);
  }

  static long dataEnd(long xdp) {
    return Memory.getLong(xdp + XdpBuffLayout.DATA_END);
  }

  static long dataMeta(long xdp) {
    return Memory.getLong(xdp + XdpBuffLayout.DATA_META);
  }

  static long hardStart(long xdp) {
    return Memory.getLong(xdp + XdpBuffLayout.DATA_HARD_START);
  }

  /** Where the linear part may end at most. */
  static long hardEnd(long xdp) {
    return hardStart(xdp) + Memory.getInt(xdp + XdpBuffLayout.FRAME_SZ) - XdpContext.TAILROOM;
  }

  static int fragsLength(long xdp) {
    return Memory.getInt(xdp + XdpContext.FRAGS_LENGTH);
  }

  static int linearLength(long xdp) {
    return (int) (dataEnd(xdp) - data(xdp));
  }

  /** All bytes of the packet, metadata not counted. */
  static int length(long xdp) {
    return linearLength(xdp) + fragsLength(xdp);
  }

  /** Copies between a packet's bytes, which must be inside, and other memory. */
  static void copy(long xdp, int offset, long memory, int bytes, boolean toPacket) {
    int linear = linearLength(xdp);
    int first = Math.max(0, Math.min(bytes, linear - offset));
    move(data(xdp) + offset, memory, first, toPacket);
    if (first < bytes) {
      long frags = Memory.getLong(xdp + XdpContext.FRAGS);
      move(frags + offset + first - linear, memory + first, bytes - first, toPacket);
    }
  }

  /** The address of bytes that are in one piece, or 0 (bpf_xdp_pointer); they are inside. */
  static long pointer(long xdp, int offset, int length) {
    int linear = linearLength(xdp);
    if (offset + length <= linear) {
      return data(xdp) + offset;
    }
    long from = Memory.getLong(xdp + XdpContext.FRAGS) + offset - linear;
    long last = from + length - 1;
    boolean onePiece = offset >= linear && ((from ^ last) & -XdpContext.FRAG_SIZE) == 0;
    return onePiece ? from : 0;
  }

  /** Copies the first bytes of a packet, which must be there, into a Java array. */
  static void copy(long xdp, byte[] to, int offset, int bytes) {
    int first = Math.min(bytes, linearLength(xdp));
    Memory.copy(data(xdp), to, offset, first);
    if (first < bytes) {
      Memory.copy(Memory.getLong(xdp + XdpContext.FRAGS), to, offset + first, bytes - first);
    }
  }

  private static void move(long packet, long memory, int bytes, boolean toPacket) {
    if (bytes > 0) {
      Memory.copy(toPacket ? memory : packet, toPacket ? packet : memory, bytes);
    }
  }
}

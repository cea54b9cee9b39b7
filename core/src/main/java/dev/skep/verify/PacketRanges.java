package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.verify.RegType.*;

import dev.skep.isa.InsnWord;

/** What comparing packet pointers with the end of the packet teaches and decides. */
final class PacketRanges {
  /** Greatest offset into a packet (MAX_PACKET_OFF). */
  private static final int MAX_OFFSET = 0xffff;

  /** Slices of packets (reg_is_dynptr_slice_pkt). */
  private static final int PACKET_SLICE =
      RegType.DYNPTR_SKB | RegType.DYNPTR_XDP | RegType.DYNPTR_SKB_META;

  private final Env env;

  PacketRanges(Env env) {
    this.env = env;
  }

  /** is_pkt_ptr_branch_taken: decided if the pointer is known to be at or beyond the end. */
  int taken(long[] r, int at, int from, int op) {
    boolean endRight = Reg.type(r, from) == PACKET_END;
    if (!endRight && Reg.type(r, at) != PACKET_END) {
      return -1;
    }
    int range = Reg.handle(r, endRight ? at : from);
    if (range >= 0) {
      return -1;
    }
    int compare = endRight ? op : ScalarBranch.flip(op);
    return switch (compare) {
      case JLE, JGT -> range == Reg.BEYOND_PACKET_END ? compare == JGT ? 1 : 0 : -1;
      case JLT, JGE -> compare == JGE ? 1 : 0;
      default -> -1;
    };
  }

  /**
   * A comparison of two packet pointers (try_match_pkt_pointers).
   *
   * @param here the branch that falls through
   * @param there the branch that jumps
   */
  boolean learn(long word, int op, State here, State there) {
    long[] r = here.regs();
    int dst = InsnWord.dst(word);
    int src = InsnWord.src(word);
    boolean left = begins(r, Frame.reg(dst), Frame.reg(src));
    if (!left && !begins(r, Frame.reg(src), Frame.reg(dst))) {
      return false;
    }
    // As "pointer op end": with the end on the left the comparison turns round.
    int compare = left ? op : ScalarBranch.flip(op);
    int regno = left ? dst : src;
    State inside;
    State outside;
    boolean open;
    switch (compare) {
      case JGT -> {
        inside = here;
        outside = there;
        open = false;
      }
      case JLT -> {
        inside = there;
        outside = here;
        open = true;
      }
      case JGE -> {
        inside = here;
        outside = there;
        open = true;
      }
      case JLE -> {
        inside = there;
        outside = here;
        open = false;
      }
      default -> {
        return false;
      }
    }
    int at = Frame.reg(regno);
    widen(inside, Reg.type(r, at), Reg.off(r, at), Reg.umax(r, at), Reg.id(r, at), open);
    markBeyond(outside, at, !open);
    return true;
  }

  /** Whether the first is a pointer into what the second is the end of. */
  private static boolean begins(long[] r, int at, int end) {
    int type = Reg.type(r, at);
    int endType = Reg.type(r, end);
    return type == PACKET && endType == PACKET_END
        || type == PACKET_META && endType == PACKET && isStart(r, end);
  }

  private static boolean isStart(long[] r, int at) {
    return Reg.id(r, at) == 0 && Reg.off(r, at) == 0 && Reg.isConst(r, at) && Reg.value(r, at) == 0;
  }

  /** find_good_pkt_pointers. */
  private static void widen(State state, int type, int off, long umax, int id, boolean open) {
    if (off < 0
        || off == 0 && open
        || Long.compareUnsigned(umax, MAX_OFFSET) > 0
        || Long.compareUnsigned(umax + off, MAX_OFFSET) > 0) {
      return;
    }
    int range = open ? off + 1 : off;
    for (int f = 0; f <= state.curframe; f++) {
      Frame frame = state.view(f);
      for (int i = 0; i < Reg.COUNT; i++) {
        if (widens(frame.regs, Frame.reg(i), type, id, range)) {
          frame = state.frame(f);
          Reg.setHandle(frame.regs, Frame.reg(i), range);
        }
      }
      for (long left = frame.spills(); left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        if (widens(frame.spilledView(i), Frame.spill(i), type, id, range)) {
          frame = state.frame(f);
          Reg.setHandle(frame.spilled(i), Frame.spill(i), range);
        }
      }
    }
  }

  private static boolean widens(long[] r, int at, int type, int id, int range) {
    return Reg.type(r, at) == type && Reg.id(r, at) == id && Reg.handle(r, at) < range;
  }

  /** mark_pkt_end. */
  private static void markBeyond(State state, int at, boolean open) {
    long[] r = state.regs();
    if (Reg.type(r, at) == PACKET) {
      Reg.setHandle(r, at, open ? Reg.BEYOND_PACKET_END : Reg.AT_PACKET_END);
    }
  }

  /** Packet data may have moved: all pointers to it are worthless (clear_all_pkt_pointers). */
  void forgetAll() {
    State state = env.cur;
    for (int f = 0; f <= state.curframe; f++) {
      Frame frame = state.view(f);
      for (int i = 0; i < Reg.COUNT; i++) {
        if (isPacket(Reg.type(frame.regs, Frame.reg(i)))) {
          frame = state.frame(f);
          env.invalidate(frame.regs, Frame.reg(i));
        }
      }
      for (long left = frame.spills(); left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        if (isPacket(Reg.type(frame.spilledView(i), Frame.spill(i)))) {
          frame = state.frame(f);
          env.invalidate(frame.spilled(i), Frame.spill(i));
        }
      }
    }
  }

  private static boolean isPacket(int type) {
    boolean slice = RegType.base(type) == RegType.MEM && (type & PACKET_SLICE) != 0;
    return Branches.anyPacket(type) || slice;
  }
}

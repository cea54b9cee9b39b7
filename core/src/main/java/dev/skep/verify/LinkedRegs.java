package dev.skep.verify;

import static dev.skep.verify.RegType.SCALAR;

/**
 * Scalars that share an id, in registers and stack slots of all frames (struct linked_regs). A
 * group is packed into a long, so that the jump history can hold it: the count in 4 bits, then 10
 * bits for each member.
 *
 * <pre>
 *   bit 9: is a register   bits 8..3: register or slot   bits 2..0: frame
 * </pre>
 */
final class LinkedRegs {
  private static final int MAX = 6;
  private static final int BITS = 10;

  private LinkedRegs() {}

  static int count(long group) {
    return (int) group & 0xf;
  }

  private static int member(long group, int i) {
    return (int) (group >>> 4 + i * BITS) & 0x3ff;
  }

  static int frame(long group, int i) {
    return member(group, i) & 7;
  }

  static int number(long group, int i) {
    return member(group, i) >> 3 & 0x3f;
  }

  static boolean isReg(long group, int i) {
    return member(group, i) >> 9 != 0;
  }

  /**
   * Adds all scalars with an id to a group; those that find no room lose the id
   * (collect_linked_regs).
   */
  static long collect(Env env, State state, int idWithFlag, long group) {
    int id = idWithFlag & ~Reg.ADD_CONST;
    long all = group;
    for (int f = state.curframe; f >= 0; f--) {
      Frame frame = state.view(f);
      int live = env.liveAt(state, f) & (1 << Reg.COUNT - 1) - 1;
      for (int left = live; left != 0; left &= left - 1) {
        int i = Integer.numberOfTrailingZeros(left);
        if (belongs(frame.regs, Frame.reg(i), id)) {
          if (count(all) == MAX) {
            frame = state.frame(f);
            Reg.unlink(frame.regs, Frame.reg(i));
          } else {
            all = with(all, 1 << 9 | i << 3 | f);
          }
        }
      }
      for (long left = frame.spills(); left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        if (belongs(frame.spilledView(i), Frame.spill(i), id)) {
          if (count(all) == MAX) {
            frame = state.frame(f);
            Reg.unlink(frame.spilled(i), Frame.spill(i));
          } else {
            all = with(all, i << 3 | f);
          }
        }
      }
    }
    return all;
  }

  private static boolean belongs(long[] r, int at, int id) {
    return Reg.type(r, at) == SCALAR && (Reg.id(r, at) & ~Reg.ADD_CONST) == id;
  }

  private static long with(long group, int member) {
    return group + 1 | (long) member << 4 + count(group) * BITS;
  }

  /** Gives every member with the known register's id what is known of it (sync_linked_regs). */
  @SuppressWarnings("ReferenceEquality") // the register itself, not one that holds the same
  static void sync(Env env, State state, long[] known, int knownAt, long group) {
    for (int i = 0; i < count(group); i++) {
      Frame frame = state.frame(frame(group, i));
      boolean register = isReg(group, i);
      int number = number(group, i);
      long[] r = register ? frame.regs : frame.spilled(number);
      int at = register ? Frame.reg(number) : Frame.spill(number);
      boolean same = r == known && at == knownAt;
      if (!same
          && Reg.type(r, at) == SCALAR
          && ((Reg.id(r, at) ^ Reg.id(known, knownAt)) & ~Reg.ADD_CONST) == 0
          // A distance of 32 bits says nothing of one of 64 bits.
          && ((Reg.id(r, at) ^ Reg.id(known, knownAt)) & Reg.ADD_CONST) != Reg.ADD_CONST) {
        syncOne(env, r, at, known, knownAt);
      }
    }
  }

  private static void syncOne(Env env, long[] r, int at, long[] known, int knownAt) {
    boolean plain = ((Reg.id(r, at) | Reg.id(known, knownAt)) & Reg.ADD_CONST) == 0;
    if (plain || Reg.off(r, at) == Reg.off(known, knownAt)) {
      Reg.copyValue(known, knownAt, r, at);
      return;
    }
    int off = Reg.off(r, at);
    int id = Reg.id(r, at);
    Reg.copyValue(known, knownAt, r, at);
    Reg.setOff(r, at, off);
    Reg.setId(r, at, id);
    boolean cut = ((id | Reg.id(known, knownAt)) & Reg.ADD_CONST32) != 0;
    env.scalars.addDelta(r, at, (long) off - Reg.off(known, knownAt), cut);
  }
}

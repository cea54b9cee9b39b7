package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import java.util.Arrays;

/**
 * Whether everything that can happen from the current state was already found safe from an older
 * one (states_equal, regsafe, stacksafe).
 */
final class StatesEqual {
  /** The old state is finished: what it did not read or need precisely does not count. */
  static final int NOT_EXACT = 0;

  /** Identical, but for the names of ids. */
  static final int EXACT = 1;

  /** The current values lie within the old ones, whether or not precision was asked for. */
  static final int RANGE_WITHIN = 2;

  private static final long[] UNBOUNDED = new long[Reg.STRIDE];

  static {
    Reg.markUnknown(UNBOUNDED, 0, false);
  }

  private final Env env;
  private final IdMap ids = new IdMap();

  StatesEqual(Env env) {
    this.env = env;
  }

  boolean equal(State old, State cur, int exact) {
    if (old.curframe != cur.curframe) {
      return false;
    }
    ids.reset(env.lastId);
    if (old.speculative && !cur.speculative
        || old.inSleepable != cur.inSleepable
        || !sameReferences(old, cur)) {
      return false;
    }
    for (int i = 0; i <= old.curframe; i++) {
      Frame oldFrame = old.view(i);
      Frame curFrame = cur.view(i);
      if (oldFrame.callsite != curFrame.callsite
          || !framesEqual(oldFrame, curFrame, env.frameInsn(old, i), exact)) {
        return false;
      }
    }
    return true;
  }

  private boolean sameReferences(State old, State cur) {
    if (old.refCount != cur.refCount
        || old.preemptLocks != cur.preemptLocks
        || old.rcuLocks != cur.rcuLocks
        || old.activeLocks != cur.activeLocks
        || !ids.check(old.activeLockId, cur.activeLockId)
        || old.activeLock != cur.activeLock
        || !ids.check(old.activeIrq, cur.activeIrq)) {
      return false;
    }
    for (int i = 0; i < old.refCount; i++) {
      if (!ids.check(old.refId[i], cur.refId[i])
          || old.refType[i] != cur.refType[i]
          || old.refLock[i] != cur.refLock[i]) {
        return false;
      }
    }
    return true;
  }

  private boolean framesEqual(Frame old, Frame cur, int insn, int exact) {
    if (old.callbackDepth > cur.callbackDepth) {
      return false;
    }
    int live = env.marks.liveBefore[insn];
    for (int i = 0; i < Reg.COUNT; i++) {
      int at = Frame.reg(i);
      if ((live >>> i & 1) != 0 && !regSafe(old.regs, at, cur.regs, at, exact)) {
        return false;
      }
    }
    return stackSafe(old, cur, exact);
  }

  /** Whether both hold the same, and their ids correspond (regs_exact). */
  private boolean exact(long[] old, int a, long[] cur, int b) {
    return Reg.same(old, a, cur, b, Reg.EXACT)
        && ids.check(Reg.id(old, a), Reg.id(cur, b))
        && ids.check(Reg.refObjId(old, a), Reg.refObjId(cur, b));
  }

  private boolean regSafe(long[] old, int a, long[] cur, int b, int exact) {
    if (exact == EXACT) {
      return exact(old, a, cur, b);
    }
    int type = Reg.type(old, a);
    if (type == NOT_INIT && (exact == NOT_EXACT || Reg.type(cur, b) == NOT_INIT)) {
      return true;
    }
    if (type != Reg.type(cur, b)) {
      return false;
    }
    return switch (RegType.base(type)) {
      case SCALAR -> scalarSafe(old, a, cur, b, exact);
      case MAP_KEY, MAP_VALUE, MEM, BUF, TP_BUFFER ->
          Reg.same(old, a, cur, b, Reg.HEADER)
              && within(old, a, cur, b)
              && ids.check(Reg.id(old, a), Reg.id(cur, b))
              && ids.check(Reg.refObjId(old, a), Reg.refObjId(cur, b));
      case PACKET, PACKET_META ->
          rangeSafe(Reg.handle(old, a), Reg.handle(cur, b))
              && Reg.off(old, a) == Reg.off(cur, b)
              && ids.check(Reg.id(old, a), Reg.id(cur, b))
              && within(old, a, cur, b);
      case STACK -> exact(old, a, cur, b) && Reg.frame(old, a) == Reg.frame(cur, b);
      case ARENA -> true;
      default -> exact(old, a, cur, b);
    };
  }

  private boolean scalarSafe(long[] old, int a, long[] cur, int b, int exact) {
    if (env.explored.exploreLimits) {
      // Masks may differ where limits do: nothing but the same is equal.
      return Reg.same(old, a, cur, b, Reg.EXACT) && ids.checkScalar(Reg.id(old, a), Reg.id(cur, b));
    }
    boolean counts = Reg.precise(old, a) || env.claims != null && env.claims.strict;
    if (!counts && exact == NOT_EXACT) {
      return true;
    }
    return linkSafe(old, a, cur, b) && within(old, a, cur, b);
  }

  /** At least as much of the packet; what is known to be at or beyond its end, exactly. */
  private static boolean rangeSafe(int old, int cur) {
    return old < 0 || cur < 0 ? old == cur : old <= cur;
  }

  /** A register that was in no group does not mind if it is in one now. */
  private boolean linkSafe(long[] old, int a, long[] cur, int b) {
    int oldId = Reg.id(old, a);
    int curId = Reg.id(cur, b);
    if (oldId == 0) {
      return true;
    }
    if ((oldId & Reg.ADD_CONST) != (curId & Reg.ADD_CONST)
        || (oldId & Reg.ADD_CONST) != 0 && Reg.off(old, a) != Reg.off(cur, b)) {
      return false;
    }
    return ids.checkScalar(oldId, curId)
        && ((oldId & Reg.ADD_CONST) == 0
            || ids.check(oldId & ~Reg.ADD_CONST, curId & ~Reg.ADD_CONST));
  }

  /** Whether every value of the current register is one of the old (range_within and tnum_in). */
  private static boolean within(long[] old, int a, long[] cur, int b) {
    return Long.compareUnsigned(Reg.umin(old, a), Reg.umin(cur, b)) <= 0
        && Long.compareUnsigned(Reg.umax(old, a), Reg.umax(cur, b)) >= 0
        && Reg.smin(old, a) <= Reg.smin(cur, b)
        && Reg.smax(old, a) >= Reg.smax(cur, b)
        && Integer.compareUnsigned(Reg.umin32(old, a), Reg.umin32(cur, b)) <= 0
        && Integer.compareUnsigned(Reg.umax32(old, a), Reg.umax32(cur, b)) >= 0
        && Reg.smin32(old, a) <= Reg.smin32(cur, b)
        && Reg.smax32(old, a) >= Reg.smax32(cur, b)
        && Tnum.in(Reg.value(old, a), Reg.mask(old, a), Reg.value(cur, b), Reg.mask(cur, b));
  }

  private boolean stackSafe(Frame old, Frame cur, int exact) {
    long slots = old.touched();
    if (exact != NOT_EXACT) {
      if (old.slots() == 0 || old.slots() > cur.slots()) {
        return old.slots() == 0;
      }
      slots |= cur.touched() & -1L >>> 64 - old.slots();
    }
    for (long left = slots; left != 0; left &= left - 1) {
      int spi = Long.numberOfTrailingZeros(left);
      boolean known = spi < cur.slots();
      long oldTypes = old.types(spi);
      if (exact == NOT_EXACT && (oldTypes & ~StackSlot.ALL_MISC) == 0 && !env.guarded) {
        continue; // only bytes that nothing depends on
      }
      long curTypes = known ? cur.types(spi) : StackSlot.ALL_INVALID;
      if (!slotSafe(old, oldTypes, cur, curTypes, spi, known, exact)) {
        return false;
      }
    }
    return true;
  }

  private boolean slotSafe(
      Frame old, long oldTypes, Frame cur, long curTypes, int spi, boolean known, int exact) {
    if (known && oldTypes == StackSlot.ALL_SPILL && curTypes == StackSlot.ALL_SPILL) {
      int at = Frame.spill(spi);
      return regSafe(old.spilledView(spi), at, cur.spilledView(spi), at, exact);
    }
    for (int i = 0; i < 8; i++) {
      int oldType = StackSlot.type(oldTypes, i);
      int curType = StackSlot.type(curTypes, i);
      if (exact != NOT_EXACT && (!known || oldType != curType)) {
        return false;
      }
      // Old code that was safe with any bytes in the slot is safe with these.
      if (oldType == StackSlot.INVALID || oldType == StackSlot.MISC && !env.guarded) {
        continue;
      }
      if (!known) {
        return false;
      }
      if (asScalar(oldTypes, old, spi) && asScalar(curTypes, cur, spi)) {
        return scalarsSafe(oldTypes, old, curTypes, cur, spi, exact);
      }
      if (oldType == StackSlot.MISC && curType == StackSlot.ZERO) {
        continue;
      }
      if (oldType != curType) {
        return false;
      }
      if (i == 7 && !objectSafe(old, oldType, cur, spi, exact)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a load of the whole slot gives one scalar (scalar_reg_for_stack). */
  private boolean asScalar(long types, Frame frame, int spi) {
    return spilledScalar(types, frame, spi) || allMisc(types);
  }

  private static boolean spilledScalar(long types, Frame frame, int spi) {
    return StackSlot.type(types, 0) == StackSlot.SPILL
        && Reg.type(frame.spilledView(spi), Frame.spill(spi)) == SCALAR;
  }

  private boolean allMisc(long types) {
    for (int i = 0; i < 8; i++) {
      int type = StackSlot.type(types, i);
      if (type != StackSlot.MISC && (type != StackSlot.INVALID || env.guarded)) {
        return false;
      }
    }
    return true;
  }

  private boolean scalarsSafe(
      long oldTypes, Frame old, long curTypes, Frame cur, int spi, int exact) {
    boolean oldSpilled = spilledScalar(oldTypes, old, spi);
    boolean curSpilled = spilledScalar(curTypes, cur, spi);
    return regSafe(
        oldSpilled ? old.spilledView(spi) : UNBOUNDED,
        oldSpilled ? Frame.spill(spi) : 0,
        curSpilled ? cur.spilledView(spi) : UNBOUNDED,
        curSpilled ? Frame.spill(spi) : 0,
        exact);
  }

  /** Compares what slots of the same type hold. */
  private boolean objectSafe(Frame old, int type, Frame cur, int spi, int exact) {
    int at = Frame.spill(spi);
    return switch (type) {
      case StackSlot.SPILL -> regSafe(old.spilledView(spi), at, cur.spilledView(spi), at, exact);
      case StackSlot.ZERO, StackSlot.MISC -> true;
      case StackSlot.IRQ_FLAG ->
          ids.check(Reg.refObjId(old.spilledView(spi), at), Reg.refObjId(cur.spilledView(spi), at))
              && Reg.handle(old.spilledView(spi), at) == Reg.handle(cur.spilledView(spi), at);
      case StackSlot.DYNPTR, StackSlot.ITER ->
          Reg.same(
                  old.spilledView(spi), at + Reg.HANDLES, cur.spilledView(spi), at + Reg.HANDLES, 1)
              && ids.check(
                  Reg.refObjId(old.spilledView(spi), at), Reg.refObjId(cur.spilledView(spi), at));
      default -> false;
    };
  }

  // Widening ----------------------------------------------------------------------------------

  /**
   * Forgets scalars that changed since the last time round and were not needed precisely
   * (widen_imprecise_scalars), so that a loop of unknown length converges.
   */
  void widen(State old, State cur) {
    ids.reset(env.lastId);
    for (int f = old.curframe; f >= 0; f--) {
      Frame oldFrame = old.view(f);
      Frame curFrame = cur.view(f);
      for (int i = 0; i < Reg.COUNT; i++) {
        if (changed(oldFrame.regs, curFrame.regs, Frame.reg(i))) {
          curFrame = cur.frame(f);
          Reg.markUnknown(curFrame.regs, Frame.reg(i), false);
        }
      }
      long both = oldFrame.spills() & curFrame.spills();
      for (long left = both; left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        if (changed(oldFrame.spilledView(i), curFrame.spilledView(i), Frame.spill(i))) {
          curFrame = cur.frame(f);
          Reg.markUnknown(curFrame.spilled(i), Frame.spill(i), false);
        }
      }
    }
  }

  /** Whether a scalar has another value now, and none that was needed precisely. */
  private boolean changed(long[] old, long[] cur, int at) {
    return Reg.type(old, at) == SCALAR
        && Reg.type(cur, at) == SCALAR
        && !Reg.precise(old, at)
        && !Reg.precise(cur, at)
        && !exact(old, at, cur, at);
  }

  /** Whether the innermost frames have the very same registers (states_maybe_looping). */
  static boolean maybeLooping(State old, State cur) {
    if (old.curframe != cur.curframe) {
      return false;
    }
    long[] a = old.view(old.curframe).regs;
    long[] b = cur.view(cur.curframe).regs;
    int from = 0;
    while (true) {
      int differs = Arrays.mismatch(a, from, a.length, b, from, b.length);
      if (differs < 0) {
        return true;
      }
      if ((from + differs) % Reg.STRIDE < Reg.WITH_IDS) {
        return false;
      }
      from += differs + 1;
    }
  }
}

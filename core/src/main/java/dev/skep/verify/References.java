package dev.skep.verify;

import static dev.skep.verify.RegType.*;

/** Giving references back: what was derived from them is worthless afterwards. */
final class References {
  private final Env env;

  References(Env env) {
    this.env = env;
  }

  /** release_reference; false if the reference is not held. */
  boolean release(int id) {
    if (!env.cur.release(id)) {
      return false;
    }
    each((r, at) -> {
      if (Reg.refObjId(r, at) == id) {
        env.invalidate(r, at);
      }
    });
    return true;
  }

  /**
   * A reference goes into a map. What holds it is worthless, but for memory of every CPU: that
   * stays until the grace period ends.
   */
  boolean move(int id) {
    if (!env.cur.release(id)) {
      return false;
    }
    boolean rcu = env.inRcu();
    int everyCpu = MEM_ALLOC | MEM_PERCPU;
    each((r, at) -> {
      if (Reg.refObjId(r, at) != id) {
        return;
      }
      int type = Reg.type(r, at);
      if (rcu && (type & everyCpu) == everyCpu) {
        Reg.setRefObjId(r, at, 0);
        Reg.setType(r, at, type & ~MEM_ALLOC | MEM_RCU);
      } else {
        env.invalidate(r, at);
      }
    });
    return true;
  }

  /** Memory that is part of a dynptr goes with it. */
  void forgetSlices(int dynptr) {
    each((r, at) -> {
      boolean slice = (Reg.type(r, at) & ~MAYBE_NULL) == MEM;
      if (slice && Reg.handle2(r, at) == dynptr) {
        env.invalidate(r, at);
      }
    });
  }

  /** One register of an array. */
  interface Visitor {
    void visit(long[] r, int at);
  }

  /** All registers and spilled registers of the state (bpf_for_each_reg_in_vstate). */
  void each(Visitor visitor) {
    State state = env.cur;
    for (int f = 0; f <= state.curframe; f++) {
      Frame frame = state.frame(f);
      for (int i = 0; i < Reg.COUNT; i++) {
        visitor.visit(frame.regs, Frame.reg(i));
      }
      for (int i = 0; i < frame.slots(); i++) {
        if (StackSlot.isSpilled(frame.types(i))) {
          visitor.visit(frame.spilled(i), Frame.spill(i));
        }
      }
    }
  }
}

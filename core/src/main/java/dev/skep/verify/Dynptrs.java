package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;

/**
 * Dynptrs on the stack: two slots, of which the deeper is the first. The spilled registers of both
 * keep the dynptr's type in {@code handle}, whether it is the first slot in {@code handle2}, its id
 * and, where it holds one, its reference.
 */
final class Dynptrs {
  static final int LOCAL = 1;
  static final int RINGBUF = 2;
  static final int SKB = 3;
  static final int XDP = 4;
  static final int SKB_META = 5;

  private static final String[] NAMES = {"<invalid>", "local", "ringbuf", "skb", "xdp", "skb_meta"};

  private static final int SLOTS = 2;

  /** {@link #position}: the slots lie below what is known of the stack. */
  static final int BEYOND = -Errno.ERANGE;

  private final Env env;
  private final References references;

  Dynptrs(Env env) {
    this.env = env;
    references = new References(env);
  }

  static String name(int type) {
    return NAMES[type];
  }

  /** Whether dynptrs of the type must be released. */
  static boolean isReferenced(int type) {
    return type == RINGBUF;
  }

  /** The flag that slices of a dynptr of the type carry (get_dynptr_type_flag). */
  static int flag(int type) {
    return switch (type) {
      case LOCAL -> DYNPTR_LOCAL;
      case RINGBUF -> DYNPTR_RINGBUF;
      case SKB -> DYNPTR_SKB;
      case XDP -> DYNPTR_XDP;
      default -> DYNPTR_SKB_META;
    };
  }

  // Places ------------------------------------------------------------------------------------

  /**
   * The first slot of an object on the stack (stack_slot_obj_get_spi), or a negative errno.
   *
   * @param what names the object in messages
   */
  static int position(Env env, int regno, String what, int slots) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (!Reg.isConst(r, at)) {
      env.verbose(what + " has to be at a constant offset\n");
      return -Errno.EINVAL;
    }
    int off = Reg.off(r, at) + (int) Reg.value(r, at);
    int spi = (-off - 1) / 8;
    if (off % 8 != 0 || spi + 1 < slots) {
      env.verbose("cannot pass in " + what + " at an offset=" + off + "\n");
      return -Errno.EINVAL;
    }
    Frame frame = env.cur.frame(Reg.frame(r, at));
    return spi - slots + 1 >= 0 && spi < frame.slots() ? spi : BEYOND;
  }

  private int position(int regno) {
    return position(env, regno, "dynptr", SLOTS);
  }

  private Frame frame(int regno) {
    return env.cur.frame(Reg.frame(env.regs(), Frame.reg(regno)));
  }

  private boolean isConstant(int regno) {
    return Reg.type(env.regs(), Frame.reg(regno)) == DYNPTR;
  }

  // Questions ---------------------------------------------------------------------------------

  /** An argument's id, type and reference: of the register itself or of the slots behind it. */
  int id(int regno) {
    return isConstant(regno)
        ? Reg.id(env.regs(), Frame.reg(regno))
        : Reg.id(frame(regno).spilled(position(regno)), Frame.spill(position(regno)));
  }

  int type(int regno) {
    return isConstant(regno)
        ? Reg.handle(env.regs(), Frame.reg(regno))
        : Reg.handle(frame(regno).spilled(position(regno)), Frame.spill(position(regno)));
  }

  int reference(int regno) {
    return isConstant(regno)
        ? Reg.refObjId(env.regs(), Frame.reg(regno))
        : Reg.refObjId(frame(regno).spilled(position(regno)), Frame.spill(position(regno)));
  }

  private boolean isInitialised(int regno) {
    if (isConstant(regno)) {
      return true;
    }
    int spi = position(regno);
    if (spi < 0) {
      return false;
    }
    Frame frame = frame(regno);
    return Reg.handle2(frame.spilled(spi), Frame.spill(spi)) != 0
        && frame.types(spi) == StackSlot.ALL_DYNPTR
        && frame.types(spi - 1) == StackSlot.ALL_DYNPTR;
  }

  // Arguments ---------------------------------------------------------------------------------

  private void mustPoint(int regno) {
    int type = Reg.type(env.regs(), Frame.reg(regno));
    if (type != STACK && type != DYNPTR) {
      throw env.reject(
          Errno.EINVAL,
          "arg#" + (regno - 1) + " expected pointer to stack or const struct bpf_dynptr");
    }
  }

  /**
   * An argument that the call makes a dynptr (process_dynptr_func with MEM_UNINIT).
   *
   * @param clone the reference that it shares with another, 0 for a new one
   */
  void initialise(int regno, int type, int clone, MemoryAccess memory) {
    mustPoint(regno);
    int spi = isConstant(regno) ? -1 : position(regno);
    if (spi < 0 && spi != BEYOND) {
      throw env.reject(Errno.EINVAL, "Dynptr has to be an uninitialized dynptr");
    }
    for (int i = 0; i < SLOTS * 8; i += 8) {
      memory.check(env.insn, regno, i, 8, true, MemoryAccess.NO_REGISTER, false, false);
    }
    mark(frame(regno), position(regno), type, clone);
  }

  /**
   * An argument that must be a dynptr (process_dynptr_func).
   *
   * @param readOnly whether the call leaves the dynptr itself as it is
   * @param type what it must be, 0 for any
   */
  void use(int regno, boolean readOnly, int type) {
    mustPoint(regno);
    if (isConstant(regno) && !readOnly) {
      throw env.reject(
          Errno.EINVAL, "cannot pass pointer to const bpf_dynptr, the helper mutates it");
    }
    if (!isInitialised(regno)) {
      throw env.reject(Errno.EINVAL, "Expected an initialized dynptr as arg #" + (regno - 1));
    }
    if (type != 0 && type(regno) != type) {
      throw env.reject(
          Errno.EINVAL, "Expected a dynptr of type " + name(type) + " as arg #" + (regno - 1));
    }
    if (!isConstant(regno)) {
      int spi = position(regno);
      int frame = Reg.frame(env.regs(), Frame.reg(regno));
      for (int i = 0; i < SLOTS; i++) {
        env.liveStack.read(frame, env.insn, 1L << spi - i);
        env.trace.scratched.slot(spi - i);
      }
    }
  }

  /** An argument whose reference the call gives back: it must be one (check_func_arg). */
  void mustBeAcquired(int regno) {
    if (isConstant(regno)) {
      throw env.reject(Errno.EINVAL, "cannot release unowned const bpf_dynptr");
    }
    int spi = position(regno);
    if (spi < 0 || Reg.refObjId(frame(regno).spilled(spi), Frame.spill(spi)) == 0) {
      throw env.reject(Errno.EINVAL, "arg " + regno + " is an unacquired reference");
    }
  }

  // Changes -----------------------------------------------------------------------------------

  private void mark(Frame frame, int spi, int type, int clone) {
    destroy(frame, spi);
    destroy(frame, spi - 1);
    frame.setTypes(spi, StackSlot.ALL_DYNPTR);
    frame.setTypes(spi - 1, StackSlot.ALL_DYNPTR);
    int id = env.nextId();
    describe(frame.spilled(spi), Frame.spill(spi), type, true, id);
    describe(frame.spilled(spi - 1), Frame.spill(spi - 1), type, false, id);
    if (isReferenced(type)) {
      int reference = clone;
      if (reference == 0) {
        reference = env.nextId();
        env.cur.acquire(State.REF_PTR, reference, env.insn);
      }
      Reg.setRefObjId(frame.spilled(spi), Frame.spill(spi), reference);
      Reg.setRefObjId(frame.spilled(spi - 1), Frame.spill(spi - 1), reference);
    }
    env.liveStack.write(frame.frameno, 3L << spi - 1);
  }

  /** __mark_dynptr_reg. */
  private static void describe(long[] r, int at, int type, boolean first, int id) {
    Reg.markPointer(r, at, DYNPTR);
    Reg.setHandles(r, at, type, first ? 1 : 0);
    Reg.setId(r, at, id);
  }

  /** A register that points to a dynptr of somebody else (mark_dynptr_cb_reg). */
  void markConstant(long[] r, int at, int type) {
    describe(r, at, type, true, env.nextId());
  }

  /**
   * A slot is overwritten: the dynptr that it is part of is gone (destroy_if_dynptr_stack_slot).
   */
  void destroy(Frame frame, int slot) {
    if (StackSlot.type(frame.types(slot), 0) != StackSlot.DYNPTR) {
      return;
    }
    int spi = Reg.handle2(frame.spilled(slot), Frame.spill(slot)) != 0 ? slot : slot + 1;
    int at = Frame.spill(spi);
    if (isReferenced(Reg.handle(frame.spilled(spi), at))) {
      throw env.reject(Errno.EINVAL, "cannot overwrite referenced dynptr");
    }
    env.trace.scratched.slot(spi);
    env.trace.scratched.slot(spi - 1);
    references.forgetSlices(Reg.id(frame.spilled(spi), at));
    invalidate(frame, spi);
  }

  /** Gives a dynptr back, with its clones and slices (unmark_stack_slots_dynptr). */
  void release(int regno) {
    Frame frame = frame(regno);
    int spi = position(regno);
    int at = Frame.spill(spi);
    if (!isReferenced(Reg.handle(frame.spilled(spi), at))) {
      invalidate(frame, spi);
      return;
    }
    int reference = Reg.refObjId(frame.spilled(spi), at);
    references.release(reference);
    for (int i = 1; i < frame.slots(); i++) {
      if (Reg.refObjId(frame.spilled(i), Frame.spill(i)) != reference) {
        continue;
      }
      if (StackSlot.type(frame.types(i), 0) != StackSlot.DYNPTR) {
        throw env.bug("misconfigured ref_obj_id");
      }
      if (Reg.handle2(frame.spilled(i), Frame.spill(i)) != 0) {
        invalidate(frame, i);
      }
    }
  }

  private void invalidate(Frame frame, int spi) {
    for (int i = spi - 1; i <= spi; i++) {
      frame.setTypes(i, StackSlot.ALL_INVALID);
      Reg.markNotInit(frame.spilled(i), Frame.spill(i), false);
    }
    env.liveStack.write(frame.frameno, 3L << spi - 1);
  }
}

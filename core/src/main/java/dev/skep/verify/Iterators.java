package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.errors.Errno;
import dev.skep.program.AttachType;
import org.jspecify.annotations.Nullable;

/**
 * Open-coded iterators on the stack. The spilled register of each slot keeps the iterator's type in
 * {@code handle}, its state in {@code handle2} and in {@code off} how often it stepped; the first
 * slot holds the reference.
 */
final class Iterators {
  static final int ACTIVE = 1;
  static final int DRAINED = 2;

  private final Env env;
  private final References references;

  Iterators(Env env) {
    this.env = env;
    references = new References(env);
  }

  /** The name in the log: "num" for struct bpf_iter_num (iter_type_str). */
  static String name(@Nullable Btf btf, int type) {
    if (btf == null || !btf.hasType(type)) {
      return "<invalid>";
    }
    String name = btf.name(type);
    return name.startsWith("bpf_iter_") ? name.substring("bpf_iter_".length()) : name;
  }

  /**
   * One argument that is an iterator (process_iter_arg).
   *
   * @return its first slot in the frame that the register points into
   */
  int check(CalledKfuncs.Called kfunc, int regno, KfuncCall call, MemoryAccess memory) {
    if (kfunc.name().equals("bpf_iter_css_task_new") && !mayLockTasks()) {
      throw env.reject(
          Errno.EINVAL, "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs");
    }
    if (Reg.type(env.regs(), Frame.reg(regno)) != STACK) {
      throw env.reject(
          Errno.EINVAL, "arg#" + (regno - 1) + " expected pointer to an iterator on stack");
    }
    Btf btf = kfunc.btf();
    int pointer = btf.skip(btf.paramType(kfunc.proto(), regno - 1), true);
    int type = btf.skip(btf.target(pointer), true);
    int slots = btf.size(type) / 8;
    if (kfunc.rules().beginsIteration()) {
      begin(kfunc, regno, type, slots, memory);
      return -1;
    }
    mustRun(kfunc, regno, type, slots);
    int spi = position(regno, slots);
    Frame frame = frame(regno);
    for (int i = 0; i < slots; i++) {
      env.liveStack.read(frame.frameno, env.insn, 1L << spi - i);
      env.trace.scratched.slot(spi - i);
    }
    call.iteratorFrame = frame.frameno;
    call.iteratorSlot = spi;
    call.refObjId = Reg.refObjId(frame.spilled(spi), Frame.spill(spi));
    if (kfunc.rules().endsIteration()) {
      end(frame, spi, slots);
    }
    return spi;
  }

  /** Where css_set_lock cannot be held already (check_css_task_iter_allowlist). */
  private boolean mayLockTasks() {
    return switch (env.program.resolvedType()) {
      case LSM -> true;
      case TRACING ->
          env.program.expectedAttachType() == AttachType.TRACE_ITER.number() || env.sleepable();
      default -> env.sleepable();
    };
  }

  private Frame frame(int regno) {
    return env.cur.frame(Reg.frame(env.regs(), Frame.reg(regno)));
  }

  private int position(int regno, int slots) {
    return Dynptrs.position(env, regno, "iter", slots);
  }

  private void begin(
      CalledKfuncs.Called kfunc, int regno, int type, int slots, MemoryAccess memory) {
    int spi = position(regno, slots);
    Frame frame = frame(regno);
    boolean free = spi >= 0 || spi == Dynptrs.BEYOND;
    for (int i = 0; spi >= 0 && i < slots; i++) {
      free &= !holdsIterator(frame.types(spi - i));
    }
    if (!free) {
      throw env.reject(
          Errno.EINVAL,
          "expected uninitialized iter_" + name(kfunc.btf(), type) + " as arg #" + (regno - 1));
    }
    for (int i = 0; i < slots * 8; i += 8) {
      memory.check(env.insn, regno, i, 8, true, MemoryAccess.NO_REGISTER, false, false);
    }
    mark(kfunc, frame, position(regno, slots), type, slots);
  }

  private static boolean holdsIterator(long types) {
    for (int i = 0; i < 8; i++) {
      if (StackSlot.type(types, i) == StackSlot.ITER) {
        return true;
      }
    }
    return false;
  }

  /** mark_stack_slots_iter. */
  private void mark(CalledKfuncs.Called kfunc, Frame frame, int spi, int type, int slots) {
    int reference = env.nextId();
    env.cur.acquire(State.REF_PTR, reference, env.insn);
    int flags = kfunc.rules().rcuProtected() ? env.inRcu() ? MEM_RCU : PTR_UNTRUSTED : 0;
    for (int i = 0; i < slots; i++) {
      int at = Frame.spill(spi - i);
      Reg.markPointer(frame.spilled(spi - i), at, STACK | flags);
      Reg.setHandles(frame.spilled(spi - i), at, type, ACTIVE);
      Reg.setRefObjId(frame.spilled(spi - i), at, i == 0 ? reference : 0);
      frame.setTypes(spi - i, StackSlot.ALL_ITER);
      env.liveStack.write(frame.frameno, 1L << spi - i);
      env.trace.scratched.slot(spi - i);
    }
  }

  /** is_iter_reg_valid_init. */
  private void mustRun(CalledKfuncs.Called kfunc, int regno, int type, int slots) {
    int spi = position(regno, slots);
    Frame frame = frame(regno);
    boolean valid = spi >= 0;
    for (int i = 0; valid && i < slots; i++) {
      int at = Frame.spill(spi - i);
      if ((Reg.type(frame.spilled(spi - i), at) & PTR_UNTRUSTED) != 0) {
        throw env.reject(Errno.EPROTO, "expected an RCU CS when using " + kfunc.name());
      }
      valid =
          (Reg.refObjId(frame.spilled(spi - i), at) != 0) == (i == 0)
              && Reg.handle(frame.spilled(spi - i), at) == type
              && frame.types(spi - i) == StackSlot.ALL_ITER;
    }
    if (!valid) {
      throw env.reject(
          Errno.EINVAL,
          "expected an initialized iter_" + name(kfunc.btf(), type) + " as arg #" + (regno - 1));
    }
  }

  /** unmark_stack_slots_iter. */
  private void end(Frame frame, int spi, int slots) {
    references.release(Reg.refObjId(frame.spilled(spi), Frame.spill(spi)));
    for (int i = 0; i < slots; i++) {
      Reg.markNotInit(frame.spilled(spi - i), Frame.spill(spi - i), false);
      frame.setTypes(spi - i, StackSlot.ALL_INVALID);
      env.liveStack.write(frame.frameno, 1L << spi - i);
      env.trace.scratched.slot(spi - i);
    }
  }

  /**
   * The next step: goes on as at the end of the iteration, and later as if there was an element
   * (process_iter_next_call).
   */
  void step(KfuncCall call, Branches branches) {
    State cur = env.cur;
    int at = Frame.spill(call.iteratorSlot);
    long[] here = cur.frame(call.iteratorFrame).spilled(call.iteratorSlot);
    if (Reg.handle2(here, at) == ACTIVE) {
      State parent = cur.parent;
      if (parent == null || parent.insnIdx != env.insn) {
        throw env.bug("bad parent state for iter next call");
      }
      State previous = env.explored.previousEntry(parent, env.insn);
      State queued = env.paths.push(env.insn + 1, env.insn, Errno.ENOMEM);
      long[] there = queued.frame(call.iteratorFrame).spilled(call.iteratorSlot);
      Reg.setOff(there, at, Reg.off(there, at) + 1);
      if (previous != null) {
        env.states.widen(previous, queued);
      }
      branches.markNotNull(queued.regs(), 0);
    }
    // The queued path shares the slot until one of them changes it.
    here = cur.frame(call.iteratorFrame).spilled(call.iteratorSlot);
    Reg.setHandle2(here, at, DRAINED);
    StackAccess.markZero(cur.regs(), 0);
  }

  /** Whether an active iterator stepped more often (iter_active_depths_differ). */
  static boolean depthsDiffer(State old, State cur) {
    for (int f = old.curframe; f >= 0; f--) {
      Frame a = old.view(f);
      Frame b = cur.view(f);
      for (long left = a.touched(); left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        int at = Frame.spill(i);
        if (StackSlot.type(a.types(i), 0) == StackSlot.ITER
            && Reg.handle2(a.spilledView(i), at) == ACTIVE
            && Reg.off(a.spilledView(i), at) != Reg.off(b.spilledView(i), at)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether the iterator that r1 points to has not ended. */
  static boolean isActive(State cur) {
    long[] r = cur.regs();
    int at = Frame.reg(1);
    int spi = (-(Reg.off(r, at) + (int) Reg.value(r, at)) - 1) / 8;
    return Reg.handle2(cur.view(Reg.frame(r, at)).spilledView(spi), Frame.spill(spi)) == ACTIVE;
  }
}

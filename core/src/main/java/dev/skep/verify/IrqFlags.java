package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;

/** Saved states of interrupts on the stack: one slot each, given back in reverse order. */
final class IrqFlags {
  private final Env env;
  private final MemoryAccess memory;

  IrqFlags(Env env, MemoryAccess memory) {
    this.env = env;
    this.memory = memory;
  }

  /** {@link Reg#handle} of a flag: who turned interrupts off. */
  private static final int BY_LOCK = 1;

  /** process_irq_flag. */
  void check(String kfunc, int regno) {
    switch (kfunc) {
      case "bpf_local_irq_save" -> save(regno, 0);
      case "bpf_local_irq_restore" -> restore(regno, 0);
      case "bpf_res_spin_lock_irqsave" -> save(regno, BY_LOCK);
      case "bpf_res_spin_unlock_irqrestore" -> restore(regno, BY_LOCK);
      default -> throw env.unsupported("kfunc " + kfunc);
    }
  }

  private int position(int regno) {
    if (Reg.type(env.regs(), Frame.reg(regno)) != STACK) {
      throw env.reject(
          Errno.EINVAL, "arg#" + (regno - 1) + " doesn't point to an irq flag on stack");
    }
    return Dynptrs.position(env, regno, "irq_flag", 1);
  }

  private Frame frame(int regno) {
    return env.cur.frame(Reg.frame(env.regs(), Frame.reg(regno)));
  }

  private void save(int regno, int by) {
    int spi = position(regno);
    boolean free = spi >= 0 || spi == Dynptrs.BEYOND;
    for (int i = 0; spi >= 0 && i < 8; i++) {
      free &= StackSlot.type(frame(regno).types(spi), i) != StackSlot.IRQ_FLAG;
    }
    if (!free) {
      throw env.reject(Errno.EINVAL, "expected uninitialized irq flag as arg#" + (regno - 1));
    }
    memory.check(env.insn, regno, 0, 8, true, MemoryAccess.NO_REGISTER, false, false);
    Frame frame = frame(regno);
    int slot = position(regno);
    int id = env.nextId();
    env.cur.acquire(State.REF_IRQ, id, env.insn);
    env.cur.activeIrq = id;
    int at = Frame.spill(slot);
    Reg.markPointer(frame.spilled(slot), at, STACK);
    Reg.setRefObjId(frame.spilled(slot), at, id);
    Reg.setHandle(frame.spilled(slot), at, by);
    frame.setTypes(slot, StackSlot.ALL_IRQ_FLAG);
    env.liveStack.write(frame.frameno, 1L << slot);
    env.trace.scratched.slot(slot);
  }

  private void restore(int regno, int by) {
    int spi = position(regno);
    Frame frame = frame(regno);
    if (spi < 0
        || Reg.refObjId(frame.spilled(spi), Frame.spill(spi)) == 0
        || frame.types(spi) != StackSlot.ALL_IRQ_FLAG) {
      throw env.reject(Errno.EINVAL, "expected an initialized irq flag as arg#" + (regno - 1));
    }
    env.liveStack.read(frame.frameno, env.insn, 1L << spi);
    env.trace.scratched.slot(spi);
    int saved = Reg.handle(frame.spilled(spi), Frame.spill(spi));
    if (saved != by) {
      throw env.reject(
          Errno.EINVAL,
          "irq flag acquired by "
              + (saved == BY_LOCK ? "lock" : "native")
              + " kfuncs cannot be restored with "
              + (by == BY_LOCK ? "lock" : "native")
              + " kfuncs");
    }
    int id = Reg.refObjId(frame.spilled(spi), Frame.spill(spi));
    if (id != env.cur.activeIrq) {
      throw env.reject(
          Errno.EACCES,
          "cannot restore irq state out of order, expected id="
              + env.cur.activeIrq
              + " acquired at insn_idx="
              + env.cur.insnOf(env.cur.activeIrq));
    }
    env.cur.releaseIrq(id);
    Reg.markNotInit(frame.spilled(spi), Frame.spill(spi), false);
    frame.setTypes(spi, StackSlot.ALL_INVALID);
    env.liveStack.write(frame.frameno, 1L << spi);
  }
}

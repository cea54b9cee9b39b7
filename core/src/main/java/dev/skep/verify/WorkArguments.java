package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.program.SpecialFields;

/** Arguments of kfuncs that queue work, the maps that hold it, and locks that may fail. */
final class WorkArguments {
  private final Env env;
  private final Locks locks;

  WorkArguments(Env env) {
    this.env = env;
    locks = new Locks(env);
  }

  /** A bpf_wq or bpf_task_work in a map's value (process_wq_func, process_task_work_func). */
  void work(int regno, int kind, KfuncCall call) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.type(r, at) != MAP_VALUE) {
      throw env.reject(Errno.EINVAL, "arg#" + (regno - 1) + " doesn't point to a map value");
    }
    locks.place(regno, kind);
    call.map = Reg.handle(r, at);
    call.mapUid = Reg.handle2(r, at);
  }

  /** A map; behind the work that it holds it must be the same (KF_ARG_PTR_TO_MAP). */
  void map(int regno, KfuncCall call) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    switch (Reg.base(r, at)) {
      case CONST_PTR_TO_MAP, MAP_VALUE, MAP_KEY -> {}
      default -> {
        // The kernel asks whether there is any pointer at that place of the register.
        if (r[at + Reg.HANDLES] == 0) {
          throw env.reject(Errno.EINVAL, "pointer in R" + regno + " isn't map pointer");
        }
        return;
      }
    }
    int map = Reg.handle(r, at);
    int uid = Reg.handle2(r, at);
    SpecialFields fields = env.fieldsOf(map);
    boolean works = fields.has(SpecialFields.WORKQUEUE | SpecialFields.TASK_WORK);
    if (call.map != KfuncCall.NONE && works && (call.map != map || call.mapUid != uid)) {
      boolean task = fields.has(SpecialFields.TASK_WORK);
      throw env.reject(
          Errno.EINVAL,
          (task ? "bpf_task_work pointer in R2" : "workqueue pointer in R1")
              + " map_uid="
              + call.mapUid
              + " doesn't match map pointer in R"
              + (task ? 3 : 2)
              + " map_uid="
              + uid);
    }
    call.map = map;
    call.mapUid = uid;
  }

  /** A bpf_res_spin_lock in a map's value or an object. */
  void lock(int regno, String kfunc) {
    boolean irq = kfunc.contains("_irq");
    int type = Reg.type(env.regs(), Frame.reg(regno));
    if (type != MAP_VALUE && type != (BTF_ID | MEM_ALLOC)) {
      throw env.reject(
          Errno.EINVAL, "arg#" + (regno - 1) + " doesn't point to map value or allocated object");
    }
    locks.check(
        regno, !kfunc.contains("_unlock"), irq ? State.REF_RES_LOCK_IRQ : State.REF_RES_LOCK);
  }
}

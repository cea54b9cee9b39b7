package dev.skep.verify;

import dev.skep.errors.Errno;
import dev.skep.program.ProgramType;

/** What must hold where a program or section ends: nothing that must be released is held. */
final class ExitRules {
  private final Env env;

  ExitRules(Env env) {
    this.env = env;
  }

  /**
   * Nothing that must be released may be held (check_resource_leak).
   *
   * @param locks whether locks count too
   * @param where names the instruction in the message
   */
  void checkLeak(boolean locks, String where) {
    checkLeak(false, locks, where);
  }

  /** Throwing leaves all frames at once: whatever any of them acquired must be released. */
  void checkThrow() {
    checkLeak(true, true, "bpf_throw");
  }

  private void checkLeak(boolean thrown, boolean locks, String where) {
    State state = env.cur;
    if (locks && state.activeLocks != 0) {
      throw inside(where, "bpf_spin_lock-ed");
    }
    boolean leak = false;
    for (int i = 0; (thrown || state.curframe == 0) && i < state.refCount; i++) {
      if (state.refType[i] == State.REF_PTR && (thrown || !returned(state.refId[i]))) {
        env.verbose(
            "Unreleased reference id=" + state.refId[i] + " alloc_insn=" + state.refInsn[i] + "\n");
        leak = true;
      }
    }
    if (leak) {
      throw env.reject(Errno.EINVAL, where + " would lead to reference leak")
          .because(new Reason.LeakedReference());
    }
    if (locks && state.activeIrq != 0) {
      throw inside(where, "bpf_local_irq_save-ed");
    }
    if (locks && state.rcuLocks != 0) {
      throw inside(where, "bpf_rcu_read_lock-ed");
    }
    if (locks && state.preemptLocks != 0) {
      throw inside(where, "bpf_preempt_disable-ed");
    }
  }

  /** Members of struct_ops may give the kernel back what r0 holds. */
  private boolean returned(int id) {
    return env.program.resolvedType() == ProgramType.STRUCT_OPS
        && Reg.refObjId(env.regs(), 0) == id;
  }

  private Rejection inside(String where, String region) {
    return env.reject(Errno.EINVAL, where + " cannot be used inside " + region + " region")
        .because(new Reason.SectionOpen(region));
  }
}

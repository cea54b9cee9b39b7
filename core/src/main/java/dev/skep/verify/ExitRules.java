package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.program.AttachType;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** What must hold where a program ends: nothing held, and a return value that its type allows. */
final class ExitRules {
  private final Env env;
  private final Operands operands;

  ExitRules(Env env, Operands operands) {
    this.env = env;
    this.operands = operands;
  }

  /**
   * Nothing that must be released may be held (check_resource_leak).
   *
   * @param locks whether locks count too
   * @param where names the instruction in the message
   */
  void checkLeak(boolean locks, String where) {
    State state = env.cur;
    if (locks && state.activeLocks != 0) {
      throw inside(where, "bpf_spin_lock-ed");
    }
    boolean leak = false;
    for (int i = 0; state.curframe == 0 && i < state.refCount; i++) {
      if (state.refType[i] == State.REF_PTR && !returns(state.refId[i])) {
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

  /** Members of struct_ops may give a reference back to the kernel. */
  private boolean returns(int reference) {
    return env.program.resolvedType() == ProgramType.STRUCT_OPS
        && Reg.refObjId(env.regs(), 0) == reference;
  }

  private Rejection inside(String where, String region) {
    return env.reject(Errno.EINVAL, where + " cannot be used inside " + region + " region")
        .because(new Reason.SectionOpen(region));
  }

  /** check_return_code, of r0 at the exit of the main program or of a global function. */
  void checkReturn() {
    Frame frame = env.cur.frame(0);
    if (frame.subprogno == 0 && returnsNothing()) {
      return;
    }
    operands.source(0);
    long[] r = env.regs();
    int type = Reg.type(r, 0);
    if (frame.inAsyncCallback) {
      enforce(frame.callbackRetMin, frame.callbackRetMax, "At async callback return");
      return;
    }
    if (frame.subprogno != 0) {
      if (type != RegType.SCALAR) {
        throw env.reject(
            Errno.EINVAL,
            "At subprogram exit the register R0 is not a scalar value ("
                + RegTypeText.of(type)
                + ")");
      }
      return;
    }
    checkByType();
  }

  /** Whether the main program stands for a function without a result: then r0 does not matter. */
  private boolean returnsNothing() {
    Attachment target = env.attachment;
    return switch (env.program.resolvedType()) {
      case STRUCT_OPS -> target != null && (target.returnsVoid() || returnsItsArgument(target));
      case LSM ->
          target != null
              && target.returnsVoid()
              && env.program.expectedAttachType() != AttachType.LSM_CGROUP.number();
      default -> false;
    };
  }

  /** A member that returns a pointer may return an object that it was given. */
  private boolean returnsItsArgument(Attachment target) {
    long[] r = env.regs();
    if (RegType.base(Reg.type(r, 0)) != RegType.BTF_ID || Reg.refObjId(r, 0) == 0) {
      return false;
    }
    int struct = returnedStruct(target);
    return struct > 0
        && Reg.off(r, 0) == 0
        && env.btfs.same(Reg.handle2(r, 0), Reg.handle(r, 0), target.number(), struct);
  }

  /** What the function returns a pointer to; -1 if it returns none. */
  private static int returnedStruct(Attachment target) {
    Btf btf = target.btf();
    int type = target.proto() == 0 ? 0 : btf.skip(btf.target(target.proto()), true);
    return type > 0 && btf.kind(type) == BtfKind.PTR ? btf.skip(btf.target(type), true) : -1;
  }

  private void checkTracing(@Nullable AttachType attach) {
    switch (attach) {
      case TRACE_FENTRY, TRACE_FEXIT -> enforceProgram(0, 0);
      case TRACE_ITER -> enforceProgram(0, 1);
      case null, default -> {}
    }
  }

  private void checkHook(@Nullable AttachType attach) {
    Attachment target = env.attachment;
    if (target == null) {
      return;
    }
    if (attach != AttachType.LSM_CGROUP) {
      throw env.unsupported("return values of security hooks");
    }
    boolean nothing = target.returnsVoid();
    try {
      enforceProgram(nothing ? 1 : 0, 1);
    } catch (Rejection bad) {
      if (nothing) {
        env.verbose(
            "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!\n");
      }
      throw bad;
    }
  }

  private void checkByType() {
    AttachType attach = AttachType.ofNumber(LoadChecks.attachType(env.program));
    switch (env.program.resolvedType()) {
      case CGROUP_SOCK_ADDR -> checkSockAddr(attach);
      case CGROUP_SKB -> enforceProgram(0, attach == AttachType.CGROUP_INET_EGRESS ? 3 : 1);
      case CGROUP_SOCK,
          SOCK_OPS,
          CGROUP_DEVICE,
          CGROUP_SYSCTL,
          CGROUP_SOCKOPT,
          SK_LOOKUP,
          NETFILTER ->
          enforceProgram(0, 1);
      case KPROBE -> {
        if (attach == AttachType.TRACE_KPROBE_SESSION
            || attach == AttachType.TRACE_UPROBE_SESSION) {
          enforceProgram(0, 1);
        }
      }
      case TRACING -> checkTracing(attach);
      case LSM -> checkHook(attach);
      case STRUCT_OPS -> {
        Attachment target = env.attachment;
        if (target != null && returnedStruct(target) >= 0) {
          enforceProgram(0, 0);
        }
      }
      default -> {}
    }
  }

  private void checkSockAddr(@org.jspecify.annotations.Nullable AttachType attach) {
    switch (attach) {
      case CGROUP_UDP4_RECVMSG,
          CGROUP_UDP6_RECVMSG,
          CGROUP_UNIX_RECVMSG,
          CGROUP_INET4_GETPEERNAME,
          CGROUP_INET6_GETPEERNAME,
          CGROUP_UNIX_GETPEERNAME,
          CGROUP_INET4_GETSOCKNAME,
          CGROUP_INET6_GETSOCKNAME,
          CGROUP_UNIX_GETSOCKNAME ->
          enforceProgram(1, 1);
      case CGROUP_INET4_BIND, CGROUP_INET6_BIND -> enforceProgram(0, 3);
      case null, default -> enforceProgram(0, 1);
    }
  }

  private void enforceProgram(int min, int max) {
    enforce(min, max, "At program exit");
  }

  private void enforce(int min, int max, String where) {
    long[] r = env.regs();
    int type = Reg.type(r, 0);
    if (type != RegType.SCALAR) {
      throw env.reject(
          Errno.EINVAL,
          where + " the register R0 is not a known value (" + RegTypeText.of(type) + ")");
    }
    env.backtrack.register(0);
    if (Reg.smin(r, 0) < min || Reg.smax(r, 0) > max) {
      throw outOfRange(min, max, where);
    }
  }

  /** verbose_invalid_scalar. */
  Rejection outOfRange(int min, int max, String where) {
    long[] r = env.regs();
    long smin = Reg.smin(r, 0);
    long smax = Reg.smax(r, 0);
    StringBuilder text = new StringBuilder(where).append(" the register R0 has");
    if (smin > Long.MIN_VALUE) {
      text.append(" smin=").append(smin);
    }
    if (smax < Long.MAX_VALUE) {
      text.append(" smax=").append(smax);
    }
    if (smin == Long.MIN_VALUE && smax == Long.MAX_VALUE) {
      text.append(" unknown scalar value");
    }
    text.append(" should have been in [").append(min).append(", ").append(max).append(']');
    return env.reject(Errno.EINVAL, text.toString()).because(new Reason.ReturnValue(min, max));
  }
}

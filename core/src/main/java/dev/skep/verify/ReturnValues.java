package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.program.AttachType;
import org.jspecify.annotations.Nullable;

/** The values that a program of each type may return. */
final class ReturnValues {
  /** Results that mean an error are not below minus this. */
  static final int MAX_ERRNO = 4095;

  private final Env env;
  private final Operands operands;

  /** Where the value is that is judged. */
  private int regno;

  ReturnValues(Env env, Operands operands) {
    this.env = env;
    this.operands = operands;
  }

  /**
   * check_return_code, at the exit of the main program, of a global function or of an asynchronous
   * callback, and where a program throws what is to become its result.
   *
   * @param register that holds the value: r0, or r1 of what is thrown
   */
  void check(int register) {
    regno = register;
    Frame frame = env.cur.frame(0);
    boolean main = frame.subprogno == 0 || frame.inExceptionCallback;
    if (main && returnsNothing(frame)) {
      return;
    }
    operands.source(regno);
    env.mustNotLeak(regno, "as return value");
    int type = Reg.type(env.regs(), Frame.reg(regno));
    if (frame.inAsyncCallback) {
      enforce(frame.callbackRetMin, frame.callbackRetMax, "At async callback return");
      return;
    }
    if (!main) {
      if (type != RegType.SCALAR) {
        throw env.reject(
            Errno.EINVAL,
            "At subprogram exit the register R"
                + regno
                + " is not a scalar value ("
                + RegTypeText.of(type)
                + ")");
      }
      return;
    }
    checkByType();
  }

  /** Whether the main program stands for a function without a result: then r0 does not matter. */
  private boolean returnsNothing(Frame frame) {
    Attachment target = env.attachment;
    return switch (env.program.resolvedType()) {
      case STRUCT_OPS ->
          target != null
              && (target.returnsVoid() || !frame.inExceptionCallback && returnsItsArgument(target));
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
    int at = Frame.reg(regno);
    if (RegType.base(Reg.type(r, at)) != RegType.BTF_ID || Reg.refObjId(r, at) == 0) {
      return false;
    }
    int struct = returnedStruct(target);
    return struct > 0
        && Reg.off(r, at) == 0
        && env.btfs.same(Reg.handle2(r, at), Reg.handle(r, at), target.number(), struct);
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
      int min = LsmHooks.isBoolean(target.name()) ? 0 : -MAX_ERRNO;
      int max = LsmHooks.isBoolean(target.name()) ? 1 : 0;
      enforce(min, max, "At program exit", true);
      return;
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
        boolean callback = env.cur.frame(0).inExceptionCallback;
        if (target != null && !callback && returnedStruct(target) >= 0) {
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
    enforce(min, max, where, false);
  }

  /**
   * @param half whether the lower 32 bits are what is returned
   */
  private void enforce(int min, int max, String where, boolean half) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int type = Reg.type(r, at);
    if (type != RegType.SCALAR) {
      throw env.reject(
              Errno.EINVAL,
              where
                  + " the register R"
                  + regno
                  + " is not a known value ("
                  + RegTypeText.of(type)
                  + ")")
          .because(new Reason.ReturnValue(regno, min, max));
    }
    env.backtrack.register(regno);
    long smin = half ? Reg.smin32(r, at) : Reg.smin(r, at);
    long smax = half ? Reg.smax32(r, at) : Reg.smax(r, at);
    if (smin < min || smax > max) {
      throw outOfRange(min, max, where);
    }
  }

  /** The same for r0 of a callback that the program runs itself. */
  Rejection outOfRange(int register, int min, int max, String where) {
    regno = register;
    return outOfRange(min, max, where);
  }

  /** verbose_invalid_scalar. */
  private Rejection outOfRange(int min, int max, String where) {
    long[] r = env.regs();
    long smin = Reg.smin(r, Frame.reg(regno));
    long smax = Reg.smax(r, Frame.reg(regno));
    StringBuilder text = new StringBuilder(where);
    text.append(" the register R").append(regno).append(" has");
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
    return env.reject(Errno.EINVAL, text.toString())
        .because(new Reason.ReturnValue(regno, min, max));
  }
}

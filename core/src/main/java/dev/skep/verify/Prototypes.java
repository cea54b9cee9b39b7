package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/**
 * What BTF says of the arguments of subprograms (btf_prepare_func_args): a global function is
 * verified once, for anything that fits its prototype, and its callers must pass what fits.
 */
final class Prototypes {
  /** {@link Subprog#argKinds}: a number. */
  static final int SCALAR = 1;

  /** The program's context. */
  static final int CONTEXT = 2;

  /** Memory of a known size, which may be null. */
  static final int MEMORY_OR_NULL = 3;

  /** Memory of a known size. */
  static final int MEMORY = 4;

  /** A dynptr that is not to be changed. */
  static final int DYNPTR = 5;

  private static final int MAX_ARGUMENTS = 5;
  private static final int TAG_CONTEXT = 1;
  private static final int TAG_NONNULL = 2;
  private static final int TAG_NULLABLE = 4;

  private final Env env;
  private final HelperArguments arguments;
  private final Dynptrs dynptrs;

  Prototypes(Env env, HelperArguments arguments) {
    this.env = env;
    this.arguments = arguments;
    dynptrs = new Dynptrs(env);
  }

  // Entries -----------------------------------------------------------------------------------

  /**
   * The main program takes the context, whatever BTF says; if it says otherwise, it is not trusted.
   */
  void enterMain() {
    if (env.program.funcInfo().isEmpty()) {
      return;
    }
    Subprog main = env.subprogs[0];
    try {
      prepare(main);
      main.unreliable = main.argKinds.length != 1 || main.argKinds[0] != CONTEXT;
    } catch (Rejection ignored) {
      env.message = "";
      main.unreliable = true;
    }
  }

  /** Sets the arguments of a global function to anything that its prototype allows. */
  void enter(int number, Frame frame) {
    Subprog subprog = env.subprogs[number];
    prepare(subprog);
    for (int i = 0; i < subprog.argKinds.length; i++) {
      int at = Frame.reg(i + 1);
      switch (subprog.argKinds[i]) {
        case SCALAR -> Reg.markUnknown(frame.regs, at, false);
        case CONTEXT -> Reg.markPointer(frame.regs, at, RegType.CTX);
        case DYNPTR -> dynptrs.markConstant(frame.regs, at, Dynptrs.LOCAL);
        default -> {
          boolean mayBeNull = subprog.argKinds[i] == MEMORY_OR_NULL;
          Reg.markPointer(frame.regs, at, RegType.MEM | (mayBeNull ? RegType.MAYBE_NULL : 0));
          Reg.setHandle(frame.regs, at, subprog.argSizes[i]);
          if (mayBeNull) {
            Reg.setId(frame.regs, at, env.nextId());
          }
        }
      }
    }
  }

  // Calls -------------------------------------------------------------------------------------

  /**
   * Compares the caller's registers with the prototype (btf_check_subprog_call). A function that
   * was called with something else is not trusted from then on.
   *
   * @return null when they fit
   */
  @Nullable Rejection checkCall(Subprog callee) {
    if (env.program.funcInfo().isEmpty() || callee.unreliable) {
      return new Rejection(Errno.EINVAL);
    }
    try {
      prepare(callee);
      for (int i = 0; i < callee.argKinds.length; i++) {
        checkArgument(callee, i);
      }
      return null;
    } catch (Rejection mismatch) {
      callee.unreliable = true;
      env.message = "";
      if (mismatch.errno() == Errno.EFAULT) {
        throw mismatch;
      }
      return mismatch;
    }
  }

  private void checkArgument(Subprog callee, int i) {
    int regno = i + 1;
    long[] r = env.regs();
    int at = Frame.reg(regno);
    switch (callee.argKinds[i]) {
      case SCALAR -> {
        if (Reg.type(r, at) != RegType.SCALAR) {
          throw env.reject(Errno.EINVAL, "R" + regno + " is not a scalar");
        }
      }
      case DYNPTR -> {
        arguments.checkPlainOffset(regno);
        dynptrs.use(regno, true, 0);
      }
      case CONTEXT -> {
        arguments.checkPlainOffset(regno);
        if (Reg.type(r, at) != RegType.CTX) {
          throw env.reject(Errno.EINVAL, "arg#" + i + " expects pointer to ctx");
        }
      }
      default -> {
        arguments.checkPlainOffset(regno);
        checkMemory(regno, callee.argSizes[i]);
        if (callee.argKinds[i] == MEMORY && (Reg.type(r, at) & RegType.MAYBE_NULL) != 0) {
          throw env.reject(Errno.EINVAL, "arg#" + i + " is expected to be non-NULL");
        }
      }
    }
  }

  /** check_mem_reg: readable and writable, as if it were not null. */
  private void checkMemory(int regno, int size) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    if (Reg.isNull(r, at)) {
      return;
    }
    int type = Reg.type(r, at);
    if (RegType.base(type) == RegType.MAP_VALUE && (type & RegType.MAYBE_NULL) != 0) {
      switch (env.map(r, at).type()) {
        case ARRAY_OF_MAPS, HASH_OF_MAPS, XSKMAP, SOCKMAP, SOCKHASH ->
            throw env.unsupported("elements of special maps as arguments of global functions");
        default -> {}
      }
    }
    Reg.setType(r, at, type & ~RegType.MAYBE_NULL);
    try {
      arguments.checkMemory(regno, size, false, true, null);
      arguments.checkMemory(regno, size, true, true, null);
    } catch (Rejection bad) {
      throw new Rejection(Errno.EINVAL);
    } finally {
      Reg.setType(r, at, type);
    }
  }

  // BTF ---------------------------------------------------------------------------------------

  private void prepare(Subprog subprog) {
    Btf btf = env.program.btf();
    if (subprog.prepared || btf == null) {
      return;
    }
    int proto = btf.target(subprog.funcTypeId);
    int count = btf.vlen(proto);
    if (count > MAX_ARGUMENTS) {
      throw refuse(
          subprog,
          "Global function " + subprog.name + "() with " + count + " > 5 args. Buggy compiler.");
    }
    if (!isNumber(btf, behind(btf, btf.target(proto)))) {
      throw refuse(
          subprog,
          "Global function "
              + subprog.name
              + "() doesn't return scalar. Only those are supported.");
    }
    subprog.argKinds = new int[count];
    subprog.argSizes = new int[count];
    for (int i = 0; i < count; i++) {
      prepareArgument(btf, subprog, proto, i);
    }
    subprog.prepared = true;
  }

  /** Says why, unless the function is static: then nobody relies on its prototype. */
  private Rejection refuse(Subprog subprog, String why) {
    return subprog.global ? env.reject(Errno.EINVAL, why) : new Rejection(Errno.EINVAL);
  }

  private void prepareArgument(Btf btf, Subprog subprog, int proto, int i) {
    int tags = tags(btf, subprog, i);
    int type = behind(btf, btf.paramType(proto, i));
    if (btf.kind(type) == BtfKind.PTR && preparePointer(btf, subprog, type, tags, i)) {
      return;
    }
    if (tags != 0) {
      throw env.reject(Errno.EINVAL, "arg#" + i + " has pointer tag, but is not a pointer type");
    }
    if (!isNumber(btf, type)) {
      throw refuse(
          subprog,
          "Arg#"
              + i
              + " type "
              + BtfKind.name(btf.kind(type))
              + " in "
              + subprog.name
              + "() is not supported yet.");
    }
    subprog.argKinds[i] = SCALAR;
  }

  private boolean preparePointer(Btf btf, Subprog subprog, int pointer, int tags, int i) {
    boolean context = isContext(btf, btf.target(pointer));
    if (context || (tags & TAG_CONTEXT) != 0) {
      if ((tags & ~TAG_CONTEXT) != 0) {
        throw invalidTags(i);
      }
      if (!context) {
        throw env.unsupported("arg:ctx of another type than the context's");
      }
      subprog.argKinds[i] = CONTEXT;
      return true;
    }
    int target = behind(btf, btf.target(pointer));
    if ((btf.kind(target) == BtfKind.STRUCT || btf.kind(target) == BtfKind.FWD)
        && btf.name(target).equals("bpf_dynptr")) {
      if (tags != 0) {
        throw invalidTags(i);
      }
      subprog.argKinds[i] = DYNPTR;
      return true;
    }
    if (!subprog.global) {
      return false;
    }
    if ((tags & TAG_NULLABLE) != 0) {
      throw invalidTags(i);
    }
    long size = btf.sizeOf(target);
    if (size < 0) {
      String what = BtfKind.name(btf.kind(target)) + " " + btf.name(target);
      throw env.reject(
          Errno.EINVAL,
          "arg#" + i + " reference type('" + what + "') size cannot be determined: -22");
    }
    subprog.argKinds[i] = (tags & TAG_NONNULL) != 0 ? MEMORY : MEMORY_OR_NULL;
    subprog.argSizes[i] = (int) size;
    return true;
  }

  private Rejection invalidTags(int i) {
    return env.reject(Errno.EINVAL, "arg#" + i + " has invalid combination of tags");
  }

  /** The "arg:" declaration tags of an argument. */
  private int tags(Btf btf, Subprog subprog, int i) {
    int tags = 0;
    for (int id = 1; id < btf.typeCount(); id++) {
      if (btf.kind(id) != BtfKind.DECL_TAG
          || btf.target(id) != subprog.funcTypeId
          || btf.tagComponent(id) != i
          || !btf.name(id).startsWith("arg:")) {
        continue;
      }
      if (!subprog.global) {
        throw env.reject(
            Errno.EOPNOTSUPP, "arg#" + i + " type tag is not supported in static functions");
      }
      tags |=
          switch (btf.name(id)) {
            case "arg:ctx" -> TAG_CONTEXT;
            case "arg:nonnull" -> TAG_NONNULL;
            case "arg:nullable" -> TAG_NULLABLE;
            case "arg:trusted", "arg:untrusted", "arg:arena" ->
                throw env.unsupported("argument tag " + btf.name(id));
            default ->
                throw env.reject(Errno.EOPNOTSUPP, "arg#" + i + " has unsupported set of tags");
          };
    }
    return tags;
  }

  /** Whether a pointer's target is the type of the program's context (btf_is_prog_ctx_type). */
  private boolean isContext(Btf btf, int target) {
    return isContext(env.program.resolvedType(), btf, target);
  }

  /** Whether a parameter of a kfunc is the program's context. */
  static boolean isContext(Env env, KfuncParameter parameter) {
    return isContext(
        env.program.resolvedType(), parameter.btf(), parameter.btf().target(parameter.type()));
  }

  private static boolean isContext(ProgramType program, Btf btf, int target) {
    String wanted = contextName(program);
    if (wanted.isEmpty()) {
      return false;
    }
    int type = btf.skip(target, false);
    if (wanted.equals("pt_regs")
        && type >= 0
        && btf.kind(type) == BtfKind.TYPEDEF
        && btf.name(type).equals("bpf_user_pt_regs_t")) {
      return true;
    }
    type = behind(btf, target);
    if (btf.kind(type) != BtfKind.STRUCT && btf.kind(type) != BtfKind.UNION) {
      return false;
    }
    String name = btf.name(type);
    return name.equals(wanted) || isProjection(wanted, name);
  }

  /** Whether programs see the second struct as the first (btf_is_projection_of). */
  static boolean isProjection(String seen, String real) {
    return seen.equals("__sk_buff") && real.equals("sk_buff")
        || seen.equals("xdp_md") && real.equals("xdp_buff");
  }

  /** The kernel's own struct behind the context of a program type; empty where there is none. */
  static String kernelContextName(ProgramType program) {
    String name = contextName(program);
    return switch (name) {
      case "__sk_buff" -> program == ProgramType.FLOW_DISSECTOR ? "bpf_flow_dissector" : "sk_buff";
      case "xdp_md" -> "xdp_buff";
      case "bpf_sock" -> "sock";
      case "bpf_sock_addr" -> "bpf_sock_addr_kern";
      case "bpf_sock_ops" -> "bpf_sock_ops_kern";
      case "sk_msg_md" -> "sk_msg";
      case "pt_regs" -> "pt_regs";
      case "bpf_perf_event_data" -> "bpf_perf_event_data_kern";
      case "bpf_sysctl" -> "bpf_sysctl_kern";
      case "bpf_sockopt" -> "bpf_sockopt_kern";
      case "sk_reuseport_md" -> "sk_reuseport_kern";
      case "bpf_sk_lookup" -> "bpf_sk_lookup_kern";
      case "bpf_nf_ctx" -> "bpf_nf_ctx";
      default -> "";
    };
  }

  /** The struct that programs of this type get; empty where it is none. */
  private static String contextName(ProgramType program) {
    return switch (program) {
      case SOCKET_FILTER,
          SCHED_CLS,
          SCHED_ACT,
          CGROUP_SKB,
          LWT_IN,
          LWT_OUT,
          LWT_XMIT,
          LWT_SEG6LOCAL,
          SK_SKB,
          FLOW_DISSECTOR ->
          "__sk_buff";
      case XDP -> "xdp_md";
      case KPROBE -> "pt_regs";
      case PERF_EVENT -> "bpf_perf_event_data";
      case RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE, TRACING -> "bpf_raw_tracepoint_args";
      case CGROUP_SOCK -> "bpf_sock";
      case CGROUP_SOCK_ADDR -> "bpf_sock_addr";
      case SOCK_OPS -> "bpf_sock_ops";
      case SK_MSG -> "sk_msg_md";
      case CGROUP_DEVICE -> "bpf_cgroup_dev_ctx";
      case CGROUP_SYSCTL -> "bpf_sysctl";
      case CGROUP_SOCKOPT -> "bpf_sockopt";
      case SK_REUSEPORT -> "sk_reuseport_md";
      case SK_LOOKUP -> "bpf_sk_lookup";
      case NETFILTER -> "bpf_nf_ctx";
      default -> "";
    };
  }

  private static boolean isNumber(Btf btf, int type) {
    int kind = btf.kind(type);
    return kind == BtfKind.INT || kind == BtfKind.ENUM || kind == BtfKind.ENUM64;
  }

  /** The type behind all modifiers and typedefs. */
  private static int behind(Btf btf, int id) {
    int type = btf.skip(id, true);
    if (type < 0) {
      throw new Rejection(Errno.EINVAL);
    }
    return type;
  }
}

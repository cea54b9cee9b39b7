package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.program.AttachType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** The structs that programs of each type get as their context (bpf_ctx_convert). */
final class ContextTypes {
  /** What programs of type kprobe call the registers. */
  private static final String USER_REGS = "bpf_user_pt_regs_t";

  private ContextTypes() {}

  /** Whether a parameter of a kfunc is the program's context. */
  static boolean isContext(Env env, KfuncParameter parameter) {
    return isContext(
        env.program.resolvedType(), parameter.btf(), parameter.btf().target(parameter.type()));
  }

  /**
   * Whether a pointer's target is the type of the context of programs of a type
   * (btf_is_prog_ctx_type).
   */
  static boolean isContext(ProgramType program, Btf btf, int target) {
    String wanted = contextName(program);
    if (wanted.isEmpty()) {
      return false;
    }
    if (wanted.equals("pt_regs") && isUserRegs(btf, target)) {
      return true;
    }
    int type = behind(btf, target);
    if (btf.kind(type) != BtfKind.STRUCT && btf.kind(type) != BtfKind.UNION) {
      return false;
    }
    String name = btf.name(type);
    return name.equals(wanted)
        || isProjection(wanted, name)
        || wanted.equals("pt_regs") && name.equals(USER_REGS);
  }

  /** Whether programs see the second struct as the first (btf_is_projection_of). */
  static boolean isProjection(String seen, String real) {
    return seen.equals("__sk_buff") && real.equals("sk_buff")
        || seen.equals("xdp_md") && real.equals("xdp_buff");
  }

  /** Whether accesses to the context are rewritten (convert_ctx_access). */
  static boolean isConverted(ProgramType program) {
    return switch (program) {
      case KPROBE,
          TRACEPOINT,
          RAW_TRACEPOINT,
          RAW_TRACEPOINT_WRITABLE,
          TRACING,
          LSM,
          STRUCT_OPS,
          SYSCALL,
          LIRC_MODE2 ->
          false;
      default -> true;
    };
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
      case RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE -> "bpf_raw_tracepoint_args";
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

  /**
   * Whether an argument with the tag "arg:ctx" may stand for the context
   * (btf_validate_prog_ctx_type).
   *
   * @param target what the argument points to
   * @return what the kernel says against it, behind "arg#N "; null if nothing
   */
  static @Nullable String objection(Program program, Btf btf, int target) {
    ProgramType type = program.resolvedType();
    if ((type == ProgramType.KPROBE || type == ProgramType.PERF_EVENT) && isUserRegs(btf, target)) {
      return null;
    }
    int found = behind(btf, target);
    if (found == 0) {
      return null;
    }
    String name = btf.name(found);
    if (name.isEmpty()) {
      return "type doesn't have a name";
    }
    boolean struct = btf.kind(found) == BtfKind.STRUCT;
    boolean words = btf.kind(found) == BtfKind.INT && btf.size(found) == 8;
    if (isSpecial(program, struct ? name : "", words)) {
      return null;
    }
    String wanted = contextName(type);
    if (wanted.isEmpty()) {
      return "should be void pointer";
    }
    return struct && name.equals(wanted) ? null : "should be `struct " + wanted + " *`";
  }

  /** What programs of some types may write for a context that has no name. */
  private static boolean isSpecial(Program program, String struct, boolean words) {
    return switch (program.resolvedType()) {
      case KPROBE, PERF_EVENT -> struct.equals("pt_regs");
      case RAW_TRACEPOINT, RAW_TRACEPOINT_WRITABLE, LSM, STRUCT_OPS -> words;
      case TRACING ->
          switch (AttachType.ofNumber(program.expectedAttachType())) {
            case TRACE_RAW_TP -> words || struct.equals("bpf_raw_tracepoint_args");
            case TRACE_ITER -> struct.startsWith("bpf_iter__");
            case TRACE_FENTRY, TRACE_FEXIT, MODIFY_RETURN -> words;
            case null, default -> false;
          };
      case TRACEPOINT, SYSCALL, EXT -> true;
      default -> false;
    };
  }

  private static boolean isUserRegs(Btf btf, int target) {
    int type = btf.skip(target, false);
    return type > 0 && btf.kind(type) == BtfKind.TYPEDEF && btf.name(type).equals(USER_REGS);
  }

  private static int behind(Btf btf, int id) {
    int type = btf.skip(id, true);
    if (type < 0) {
      throw new Rejection(Errno.EINVAL);
    }
    return type;
  }
}

package dev.skep.cli;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.AttachType;
import dev.skep.program.ProgramType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an extension without a target is judged as: a program of the type that the context it takes
 * belongs to, as veristat guesses it. One context may belong to several types.
 *
 * @param type the program type
 * @param attachType the expected attach type, or null for none
 */
record ExtensionGuess(ProgramType type, @Nullable AttachType attachType) {
  /** Contexts by the names that programs and the kernel have for them. */
  private enum Context {
    SK_BUFF("__sk_buff", "sk_buff", ProgramType.SCHED_CLS, null),
    SOCK("bpf_sock", "sock", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET4_POST_BIND),
    SOCK_ADDR(
        "bpf_sock_addr",
        "bpf_sock_addr_kern",
        ProgramType.CGROUP_SOCK_ADDR,
        AttachType.CGROUP_INET4_BIND),
    SOCK_OPS("bpf_sock_ops", "bpf_sock_ops_kern", ProgramType.SOCK_OPS, AttachType.CGROUP_SOCK_OPS),
    SK_MSG("sk_msg_md", "sk_msg", ProgramType.SK_MSG, AttachType.SK_MSG_VERDICT),
    DEVICE(
        "bpf_cgroup_dev_ctx",
        "bpf_cgroup_dev_ctx",
        ProgramType.CGROUP_DEVICE,
        AttachType.CGROUP_DEVICE),
    SYSCTL("bpf_sysctl", "bpf_sysctl_kern", ProgramType.CGROUP_SYSCTL, AttachType.CGROUP_SYSCTL),
    SOCKOPT(
        "bpf_sockopt",
        "bpf_sockopt_kern",
        ProgramType.CGROUP_SOCKOPT,
        AttachType.CGROUP_SETSOCKOPT),
    REUSEPORT(
        "sk_reuseport_md",
        "sk_reuseport_kern",
        ProgramType.SK_REUSEPORT,
        AttachType.SK_REUSEPORT_SELECT_OR_MIGRATE),
    SK_LOOKUP("bpf_sk_lookup", "bpf_sk_lookup_kern", ProgramType.SK_LOOKUP, AttachType.SK_LOOKUP),
    XDP("xdp_md", "xdp_buff", ProgramType.XDP, AttachType.XDP),
    REGISTERS("bpf_user_pt_regs_t", "pt_regs", ProgramType.KPROBE, null),
    PERF_EVENT("bpf_perf_event_data", "bpf_perf_event_data_kern", ProgramType.PERF_EVENT, null),
    RAW_TRACEPOINT(
        "bpf_raw_tracepoint_args", "bpf_raw_tracepoint_args", ProgramType.RAW_TRACEPOINT, null);

    private final String name;
    private final String kernelName;
    private final ExtensionGuess guess;

    Context(String name, String kernelName, ProgramType type, @Nullable AttachType attachType) {
      this.name = name;
      this.kernelName = kernelName;
      this.guess = new ExtensionGuess(type, attachType);
    }
  }

  /** The guess for a program; null for a function that does not take a context alone. */
  static @Nullable ExtensionGuess of(BpfObject object, ObjectProgram program) {
    Btf btf = object.btf().orElse(null);
    int function = btf == null ? -1 : btf.find(program.name(), BtfKind.FUNC);
    if (btf == null || function <= 0) {
      return null;
    }
    int prototype = btf.target(function);
    if (btf.kind(prototype) != BtfKind.FUNC_PROTO || btf.vlen(prototype) != 1) {
      return null;
    }
    int pointer = btf.skip(btf.paramType(prototype, 0), false);
    if (pointer <= 0 || btf.kind(pointer) != BtfKind.PTR) {
      return null;
    }
    int context = btf.skip(btf.target(pointer), false);
    String wanted = context <= 0 ? "" : btf.name(context);
    return Arrays.stream(Context.values())
        .filter(known -> known.name.equals(wanted) || known.kernelName.equals(wanted))
        .map(known -> known.guess)
        .findFirst()
        .orElse(null);
  }

  /** Makes it a program of that type. */
  void apply(ObjectProgram program) {
    program.type(type, attachType == null ? 0 : attachType.number());
  }
}

package dev.skep.linux;

import dev.skep.errors.Errno;
import dev.skep.linux.sys.Bpf;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** What to do about an errno of bpf(2) that comes without a log: one clause, lower case. */
final class Advice {
  private static final String KNOWS = "ask \"skep feature probe\" what this kernel knows";

  private final HostRights rights;
  private final long memlock;

  /**
   * @param memlock limit of locked memory in bytes where the kernel counts it, else -1
   */
  Advice(HostRights rights, long memlock) {
    this.rights = rights;
    this.memlock = memlock;
  }

  /** For this process, on the kernel behind those commands. */
  static Advice of(Bpf bpf) {
    return new Advice(
        HostRights.host(), bpf.memlock().chargesControlGroup() ? -1 : bpf.memlock().bytes());
  }

  /** For a failed BPF_PROG_LOAD; empty where the errno says all. */
  String ofProgram(int errno, ProgramType type) {
    return switch (errno) {
      case Errno.EPERM -> refused(type);
      case Errno.ENOSYS -> missing();
      case Errno.EINVAL ->
          "this kernel does not take the program type, attach type or flags; " + KNOWS;
      case Errno.E2BIG ->
          "too many instructions: 1000000 with CAP_BPF, 4096 without; or a kernel that is too old";
      case Errno.ENOTSUPP ->
          "this kernel was built without what the program needs, as a JIT or an attach type";
      case Errno.ENOMEM -> "the kernel or the memory control group has no memory left for it";
      case Errno.EAGAIN -> "signals interrupted the verifier again and again";
      default -> "";
    };
  }

  /** For a failed BPF_MAP_CREATE or BPF_BTF_LOAD; empty where the errno says all. */
  String ofMap(int errno) {
    return switch (errno) {
      case Errno.EPERM -> refused(null);
      case Errno.ENOSYS -> missing();
      case Errno.EINVAL -> "this kernel does not take the map type, sizes or flags; " + KNOWS;
      case Errno.E2BIG -> "the map is larger than the kernel allows, or the kernel is too old";
      case Errno.ENOTSUPP -> "this kernel was built without this type of map";
      case Errno.ENOMEM -> "the kernel or the memory control group has no memory left for it";
      default -> "";
    };
  }

  private String missing() {
    return rights.filtered()
        ? "the seccomp filter of the container hides bpf(2): allow the system call"
        : "this kernel has no bpf(2): it needs CONFIG_BPF_SYSCALL";
  }

  private String refused(@Nullable ProgramType type) {
    if (!rights.initialUserNamespace()) {
      return "capabilities of a user namespace do not count for bpf(2): run outside of it";
    }
    if (!rights.has(HostRights.CAP_BPF)) {
      String setting =
          rights.unprivilegedDisabled().orElse(0) == 0
              ? ""
              : " (kernel.unprivileged_bpf_disabled is "
                  + rights.unprivilegedDisabled().getAsInt()
                  + ")";
      return "needs CAP_BPF" + also(type, " and ") + ": run as root or grant it" + setting;
    }
    String lacking = also(type, "");
    if (!lacking.isEmpty()) {
      return "programs of this type need " + lacking + " besides CAP_BPF";
    }
    if (memlock >= 0) {
      return "locked memory is limited to " + memlock + " bytes: ulimit -l unlimited";
    }
    if (rights.lockdown().equals("confidentiality")) {
      return "the kernel is locked down (confidentiality): boot without it";
    }
    return rights.filtered()
        ? "a seccomp filter of the container refuses bpf(2): allow the system call"
        : "the process has the capabilities, so a security module or the kernel's build forbids it";
  }

  /** The capability that a program type needs besides CAP_BPF, if the process lacks it. */
  private String also(@Nullable ProgramType type, String before) {
    if (type == null) {
      return "";
    }
    return switch (type) {
      case KPROBE,
          TRACEPOINT,
          PERF_EVENT,
          RAW_TRACEPOINT,
          RAW_TRACEPOINT_WRITABLE,
          TRACING,
          LSM,
          EXT ->
          rights.has(HostRights.CAP_PERFMON) ? "" : before + "CAP_PERFMON";
      case SOCKET_FILTER, CGROUP_SKB, UNSPEC, SYSCALL -> "";
      default -> rights.has(HostRights.CAP_NET_ADMIN) ? "" : before + "CAP_NET_ADMIN";
    };
  }
}

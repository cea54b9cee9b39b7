package dev.skep.verify;

import static dev.skep.errors.Errno.*;
import static dev.skep.program.AttachType.*;

import dev.skep.program.AttachType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/**
 * What BPF_PROG_LOAD refuses before the verifier begins, and so without a word in the log
 * (bpf_prog_load, bpf_prog_load_check_attach).
 */
final class LoadChecks {
  /** BPF_COMPLEXITY_LIMIT_INSNS. */
  static final int MAX_INSNS = 1_000_000;

  /** BPF_F_SLEEPABLE. */
  static final int SLEEPABLE = 1 << 4;

  /** The flags that BPF_PROG_LOAD knows, BPF_F_STRICT_ALIGNMENT to BPF_F_TOKEN_FD. */
  private static final int KNOWN_FLAGS = 0xff | 1 << 16;

  private LoadChecks() {}

  static void check(Program program, VerifierOptions options) {
    if ((program.flags() & ~KNOWN_FLAGS) != 0) {
      throw new Rejection(EINVAL);
    }
    // As kernel.unprivileged_bpf_disabled has it, which is set nearly everywhere.
    if (!options.host().bpfCapable()) {
      throw new Rejection(EPERM);
    }
    if (program.insns().length == 0 || program.insns().length > MAX_INSNS) {
      throw new Rejection(E2BIG);
    }
    if (!options.host().perfmon() && observesKernel(program.type())) {
      throw new Rejection(EPERM);
    }
    if (program.type() == ProgramType.UNSPEC
        || !attachFits(program.type(), program.expectedAttachType())) {
      throw new Rejection(EINVAL);
    }
  }

  /** Types for which a loader needs CAP_PERFMON (is_perfmon_prog_type). */
  private static boolean observesKernel(ProgramType type) {
    return switch (type) {
      case KPROBE,
          TRACEPOINT,
          PERF_EVENT,
          RAW_TRACEPOINT,
          RAW_TRACEPOINT_WRITABLE,
          TRACING,
          LSM,
          STRUCT_OPS,
          EXT ->
          true;
      default -> false;
    };
  }

  static boolean sleepable(Program program) {
    return (program.flags() & SLEEPABLE) != 0;
  }

  /** The attach type with the default filled in (bpf_prog_load_fixup_attach_type). */
  static int attachType(Program program) {
    if (program.resolvedAttachType() != 0) {
      return program.resolvedAttachType();
    }
    return switch (program.resolvedType()) {
      case CGROUP_SOCK -> CGROUP_INET_SOCK_CREATE.number();
      case SK_REUSEPORT -> SK_REUSEPORT_SELECT.number();
      default -> 0;
    };
  }

  private static boolean attachFits(ProgramType type, int number) {
    AttachType attach = AttachType.ofNumber(number);
    if (attach == null) {
      return false;
    }
    return switch (type) {
      case CGROUP_SOCK ->
          number == 0
              || attach == CGROUP_INET_SOCK_CREATE
              || attach == CGROUP_INET_SOCK_RELEASE
              || attach == CGROUP_INET4_POST_BIND
              || attach == CGROUP_INET6_POST_BIND;
      case CGROUP_SOCK_ADDR -> isSockAddr(attach);
      case CGROUP_SKB -> attach == CGROUP_INET_INGRESS || attach == CGROUP_INET_EGRESS;
      case CGROUP_SOCKOPT -> attach == CGROUP_GETSOCKOPT || attach == CGROUP_SETSOCKOPT;
      case SK_LOOKUP -> attach == SK_LOOKUP;
      case SK_REUSEPORT ->
          number == 0 || attach == SK_REUSEPORT_SELECT || attach == SK_REUSEPORT_SELECT_OR_MIGRATE;
      case NETFILTER -> attach == NETFILTER;
      case SYSCALL, EXT -> number == 0;
      default -> true;
    };
  }

  private static boolean isSockAddr(@Nullable AttachType attach) {
    return switch (attach) {
      case CGROUP_INET4_BIND,
          CGROUP_INET6_BIND,
          CGROUP_INET4_CONNECT,
          CGROUP_INET6_CONNECT,
          CGROUP_UNIX_CONNECT,
          CGROUP_INET4_GETPEERNAME,
          CGROUP_INET6_GETPEERNAME,
          CGROUP_UNIX_GETPEERNAME,
          CGROUP_INET4_GETSOCKNAME,
          CGROUP_INET6_GETSOCKNAME,
          CGROUP_UNIX_GETSOCKNAME,
          CGROUP_UDP4_SENDMSG,
          CGROUP_UDP6_SENDMSG,
          CGROUP_UNIX_SENDMSG,
          CGROUP_UDP4_RECVMSG,
          CGROUP_UDP6_RECVMSG,
          CGROUP_UNIX_RECVMSG ->
          true;
      case null, default -> false;
    };
  }
}

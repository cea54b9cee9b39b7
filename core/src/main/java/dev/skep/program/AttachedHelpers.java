package dev.skep.program;

import java.util.Set;

/**
 * The helpers that programs of type tracing, lsm and struct_ops may call, which depends on what
 * they are attached to. Measured where Linux 6.18 lets such programs be loaded; of fentry, fexit,
 * fmod_ret and lsm after tracing_prog_func_proto and bpf_lsm_func_proto.
 */
public final class AttachedHelpers {
  /** Hooks that are called with the socket locked or not yet visible, so that it may be set. */
  private static final Set<String> WITH_SOCKET =
      Set.of(
          "bpf_lsm_inet_conn_established",
          "bpf_lsm_inet_csk_clone",
          "bpf_lsm_sock_graft",
          "bpf_lsm_socket_post_create",
          "bpf_lsm_socket_socketpair");

  private AttachedHelpers() {}

  /** Whether the rules of a type are here and not in {@link Helpers#isAllowed}. */
  public static boolean has(ProgramType type) {
    return type == ProgramType.TRACING || type == ProgramType.LSM || type == ProgramType.STRUCT_OPS;
  }

  /**
   * Whether a helper may be called.
   *
   * @param expectedAttachType the program's, of {@link AttachType}; of struct_ops the member
   * @param target the function, iterator function, or member that it is attached to
   * @param struct of struct_ops the struct
   */
  public static boolean isAllowed(
      int id, ProgramType type, int expectedAttachType, String target, String struct) {
    return switch (type) {
      case TRACING -> tracing(id, AttachType.ofNumber(expectedAttachType), target);
      case LSM ->
          tracing(id, AttachType.TRACE_FENTRY, target)
              || hook(id, expectedAttachType == AttachType.LSM_CGROUP.number(), target);
      case STRUCT_OPS -> structOps(id, target, struct);
      default -> throw new IllegalArgumentException(type.text());
    };
  }

  private static boolean tracing(
      int id, @org.jspecify.annotations.Nullable AttachType attach, String target) {
    boolean iterator = attach == AttachType.TRACE_ITER;
    return switch (id) {
      case 46, 107, 108, 111, 121, 136, 137, 138, 139, 140, 147, 162, 178, 188, 196 -> true;
      case 174 -> !iterator;
      case 126, 127, 150 -> iterator;
      case 49, 57 -> iterator && (target.equals("bpf_iter_tcp") || target.equals("bpf_iter_unix"));
      case 183, 184, 185 -> !iterator && attach != AttachType.TRACE_RAW_TP;
      default -> Helpers.isAllowed(id, ProgramType.RAW_TRACEPOINT);
    };
  }

  private static boolean hook(int id, boolean cgroup, String hook) {
    return switch (id) {
      case 145, 146, 159, 161, 193 -> true;
      case 81, 186, 187 -> cgroup;
      case 49, 57 -> cgroup && WITH_SOCKET.contains(hook);
      default -> false;
    };
  }

  private static boolean structOps(int id, String member, String struct) {
    if (!struct.equals("tcp_congestion_ops")) {
      return false;
    }
    return switch (id) {
      case 49, 57 -> !member.equals("release");
      case 107, 108, 116, 160 -> true;
      case 25 -> false;
      // What every type has.
      default -> Helpers.isAllowed(id, ProgramType.CGROUP_SOCK) && !isOfSockets(id);
    };
  }

  /** What programs of type cgroup_sock may call beyond what every type has. */
  private static boolean isOfSockets(int id) {
    return switch (id) {
      case 46, 81, 122, 186, 187 -> true;
      default -> false;
    };
  }
}

package dev.skep.program;

/**
 * The kernel's structs that arguments and results of helpers point to (arg_btf_id, ret_btf_id); a
 * helper has one of each at most.
 */
public final class HelperStructs {
  private HelperStructs() {}

  /** The struct that the helper's argument of kind STRUCT points to. */
  public static String argument(int helper) {
    return switch (helper) {
      case 107, 108 -> "sock_common";
      case 111 -> "sk_buff";
      case 116 -> "tcp_sock";
      case 121, 188 -> "xdp_buff";
      case 126, 127, 150 -> "seq_file";
      case 141, 156, 157, 175, 180, 191 -> "task_struct";
      case 145, 146, 161 -> "inode";
      case 147 -> "path";
      case 159 -> "linux_binprm";
      case 162, 193 -> "file";
      case 210, 211 -> "cgroup";
      default -> throw new IllegalArgumentException("helper " + helper);
    };
  }

  /** The struct that the result points to. */
  public static String result(int helper) {
    return switch (helper) {
      case 136 -> "tcp6_sock";
      case 137 -> "tcp_sock";
      case 138 -> "tcp_timewait_sock";
      case 139 -> "tcp_request_sock";
      case 140 -> "udp6_sock";
      case 158 -> "task_struct";
      case 162 -> "socket";
      case 175 -> "pt_regs";
      case 178 -> "unix_sock";
      case 196 -> "mptcp_sock";
      default -> throw new IllegalArgumentException("helper " + helper);
    };
  }
}

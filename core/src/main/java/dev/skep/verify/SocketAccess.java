package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;

/**
 * Loads through pointers to sockets (check_sock_access): programs see the fields of struct
 * bpf_sock, bpf_tcp_sock and bpf_xdp_sock, not the kernel's own.
 */
final class SocketAccess {
  private static final int SOCK_SIZE = 80;
  private static final int TCP_SOCK_SIZE = 112;
  private static final int XDP_SOCK_SIZE = 4;

  private final Env env;

  SocketAccess(Env env) {
    this.env = env;
  }

  /** A read of {@code size} bytes at {@code off}, the register's own offset included. */
  void check(int insn, int regno, int off, int size) {
    int type = Reg.type(env.regs(), Frame.reg(regno));
    int field =
        off < 0 || off % size != 0
            ? -1
            : switch (RegType.base(type)) {
              case SOCK_COMMON -> off >= 8 && off < 24 ? -1 : sock(off, size);
              case SOCKET -> sock(off, size);
              case TCP_SOCK -> tcp(off, size);
              default -> off < XDP_SOCK_SIZE && size == 4 ? 0 : -1;
            };
    if (field < 0) {
      throw env.reject(
          Errno.EACCES,
          "R"
              + regno
              + " invalid "
              + RegTypeText.of(type)
              + " access off="
              + off
              + " size="
              + size);
    }
    env.facts.ctxFieldSize[insn] = (byte) field;
  }

  /** bpf_sock_is_valid_access: the size of a field that may be read in part, 0, or -1. */
  private static int sock(int off, int size) {
    if (off >= SOCK_SIZE) {
      return -1;
    }
    switch (off) {
      case 4, 8, 12, 44, 72, 76 -> {
        return size <= 4 ? 4 : -1;
      }
      case 48, 49 -> {
        // dst_port has two bytes; reading four is allowed for old programs.
        return size == 4 ? 4 : size <= 2 ? 2 : -1;
      }
      case 50, 51 -> {
        return -1;
      }
      default -> {}
    }
    if (off >= 24 && off < 44 || off >= 52 && off < 72) {
      return size <= 4 ? 4 : -1;
    }
    return size == 4 ? 0 : -1;
  }

  /** bpf_tcp_sock_is_valid_access. */
  private static int tcp(int off, int size) {
    boolean wide = off == 80 || off == 88;
    return off < TCP_SOCK_SIZE && size == (wide ? 8 : 4) ? 0 : -1;
  }
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.SockAddrLayout;
import dev.skep.program.layout.SockLayout;

/**
 * struct bpf_sock_addr to struct bpf_sock_addr_kern (sock_addr_convert_ctx_access). Nearly
 * everything lies behind a pointer; writes borrow a register that they save in the context.
 */
final class SockAddrContext {
  private static final int AT_USER_IP6 = 8;
  private static final int AT_USER_IP6_END = 24;
  private static final int AT_SRC_IP6 = 44;
  private static final int AT_SRC_IP6_END = 60;

  private static final FieldTable FIELDS =
      new FieldTable("bpf_sock_addr", 72)
          .through(0, SockAddrLayout.UADDR, H, SockAddrLayout.SA_FAMILY)
          .through(24, SockAddrLayout.UADDR, H, SockAddrLayout.SIN6_PORT)
          .through(28, SockAddrLayout.SK, H, SockLayout.FAMILY)
          .through(32, SockAddrLayout.SK, H, SockLayout.TYPE)
          .through(36, SockAddrLayout.SK, H, SockLayout.PROTOCOL)
          .u64(64, SockAddrLayout.SK);

  private SockAddrContext() {}

  static int convert(Access access) {
    int off = access.off;
    if (off == 4) {
      return nested(access, SockAddrLayout.UADDR, W, SockAddrLayout.SIN_ADDR);
    }
    if (off >= AT_USER_IP6 && off < AT_USER_IP6_END) {
      int member = SockAddrLayout.SIN6_ADDR + off - AT_USER_IP6;
      return nested(access, SockAddrLayout.UADDR, access.ownSize(), member);
    }
    if (off == 24) {
      return nested(access, SockAddrLayout.UADDR, H, SockAddrLayout.SIN6_PORT);
    }
    if (off == 40) {
      return nested(access, SockAddrLayout.T_CTX, W, 0);
    }
    if (off >= AT_SRC_IP6 && off < AT_SRC_IP6_END) {
      return nested(access, SockAddrLayout.T_CTX, access.ownSize(), off - AT_SRC_IP6);
    }
    return FIELDS.convert(access);
  }

  private static int nested(Access access, int pointer, int size, int member) {
    if (!access.write) {
      return access.through(pointer, size, member);
    }
    int spare = access.spare();
    access.save(spare, access.dst, SockAddrLayout.TMP_REG);
    access.load(DW, spare, access.dst, pointer);
    access.store(size, spare, member);
    access.load(DW, spare, access.dst, SockAddrLayout.TMP_REG);
    return bytes(size);
  }
}

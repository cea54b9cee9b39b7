package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.SockoptLayout;

/** struct bpf_sockopt to struct bpf_sockopt_kern (cg_sockopt_convert_ctx_access). */
final class SockoptContext {
  private static final int AT_RETVAL = 36;

  private static final FieldTable FIELDS =
      new FieldTable("bpf_sockopt", 40)
          .u64(0, SockoptLayout.SK)
          .u64(8, SockoptLayout.OPTVAL)
          .u64(16, SockoptLayout.OPTVAL_END)
          .u32(24, SockoptLayout.LEVEL)
          .u32(28, SockoptLayout.OPTNAME)
          .u32(32, SockoptLayout.OPTLEN);

  private SockoptContext() {}

  static int convert(Access access) {
    if (access.off != AT_RETVAL) {
      return FIELDS.convert(access);
    }
    if (access.write) {
      int spare = access.spare();
      access.save(spare, access.dst, SockoptLayout.TMP_REG);
      access.load(DW, spare, access.dst, SockoptLayout.CURRENT_TASK);
      access.load(DW, spare, spare, SockoptLayout.TASK_BPF_CTX);
      access.store(W, spare, SockoptLayout.RUN_CTX_RETVAL);
      access.load(DW, spare, access.dst, SockoptLayout.TMP_REG);
    } else {
      access.through(SockoptLayout.CURRENT_TASK, DW, SockoptLayout.TASK_BPF_CTX);
      access.load(W, access.dst, access.dst, SockoptLayout.RUN_CTX_RETVAL);
    }
    return 4;
  }
}

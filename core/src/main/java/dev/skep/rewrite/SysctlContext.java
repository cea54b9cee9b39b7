package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.SysctlLayout;

/** struct bpf_sysctl to struct bpf_sysctl_kern (sysctl_convert_ctx_access). */
final class SysctlContext {
  private static final int AT_FILE_POS = 4;

  private static final FieldTable FIELDS =
      new FieldTable("bpf_sysctl", 8).u32(0, SysctlLayout.WRITE);

  private SysctlContext() {}

  static int convert(Access access) {
    if (access.off != AT_FILE_POS) {
      return FIELDS.convert(access);
    }
    if (!access.write) {
      access.through(SysctlLayout.PPOS, access.ownSize(), 0);
      return 4;
    }
    int spare = access.spare();
    access.save(spare, access.dst, SysctlLayout.TMP_REG);
    access.load(DW, spare, access.dst, SysctlLayout.PPOS);
    access.store(W, spare, 0);
    access.load(DW, spare, access.dst, SysctlLayout.TMP_REG);
    return 4;
  }
}

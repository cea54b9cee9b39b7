package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.PerfEventLayout;

/** struct bpf_perf_event_data to struct bpf_perf_event_data_kern (pe_prog_convert_ctx_access). */
final class PerfEventContext {
  private static final int REGS_BYTES = 168;

  private static final FieldTable FIELDS =
      new FieldTable("bpf_perf_event_data", 184)
          .through(168, PerfEventLayout.DATA, DW, PerfEventLayout.SAMPLE_PERIOD)
          .through(176, PerfEventLayout.DATA, DW, PerfEventLayout.SAMPLE_ADDR);

  private PerfEventContext() {}

  static int convert(Access access) {
    if (access.off >= 0 && access.off < REGS_BYTES) {
      return access.through(PerfEventLayout.REGS, access.ownSize(), access.off);
    }
    return FIELDS.convert(access);
  }
}

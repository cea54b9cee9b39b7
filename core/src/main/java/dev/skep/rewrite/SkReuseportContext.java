package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.SkBuffLayout;
import dev.skep.program.layout.SkReuseportLayout;
import dev.skep.program.layout.SockLayout;

/** struct sk_reuseport_md to struct sk_reuseport_kern (sk_reuseport_convert_ctx_access). */
final class SkReuseportContext {
  static final ContextConverter FIELDS =
      new FieldTable("sk_reuseport_md", 56)
          .through(0, SkReuseportLayout.SKB, DW, SkBuffLayout.DATA)
          .u64(8, SkReuseportLayout.DATA_END)
          .through(16, SkReuseportLayout.SKB, W, SkBuffLayout.LEN)
          .through(20, SkReuseportLayout.SKB, H, SkBuffLayout.PROTOCOL)
          .through(24, SkReuseportLayout.SK, H, SockLayout.PROTOCOL)
          .u8(28, SkReuseportLayout.BIND_INANY)
          .u32(32, SkReuseportLayout.HASH)
          .u64(40, SkReuseportLayout.SK)
          .u64(48, SkReuseportLayout.MIGRATING_SK);

  private SkReuseportContext() {}
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.SkMsgLayout;
import dev.skep.program.layout.SockLayout;

/** struct sk_msg_md to struct sk_msg (sk_msg_convert_ctx_access). */
final class SkMsgContext {
  static final ContextConverter FIELDS =
      new FieldTable("sk_msg_md", 80)
          .u64(0, SkMsgLayout.DATA)
          .u64(8, SkMsgLayout.DATA_END)
          .through(16, SkMsgLayout.SK, H, SockLayout.FAMILY)
          .through(20, SkMsgLayout.SK, W, SockLayout.DADDR)
          .through(24, SkMsgLayout.SK, W, SockLayout.RCV_SADDR)
          .wordsThrough(28, 4, SkMsgLayout.SK, SockLayout.V6_DADDR)
          .wordsThrough(44, 4, SkMsgLayout.SK, SockLayout.V6_RCV_SADDR)
          .upperHalfThrough(60, SkMsgLayout.SK, SockLayout.DPORT)
          .through(64, SkMsgLayout.SK, H, SockLayout.NUM)
          .u32(68, SkMsgLayout.SG_SIZE)
          .u64(72, SkMsgLayout.SK);

  private SkMsgContext() {}
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.SkLookupLayout;

/** struct bpf_sk_lookup to struct bpf_sk_lookup_kern (sk_lookup_convert_ctx_access). */
final class SkLookupContext {
  private static final int AT_REMOTE_IP6 = 20;
  private static final int AT_REMOTE_PORT_PADDING = 38;
  private static final int AT_LOCAL_IP6 = 44;
  private static final int IP6_BYTES = 16;

  private static final FieldTable FIELDS =
      new FieldTable("bpf_sk_lookup", 72)
          .u64(0, SkLookupLayout.SELECTED_SK)
          .u16(8, SkLookupLayout.FAMILY)
          .u16(12, SkLookupLayout.PROTOCOL)
          .u32(16, SkLookupLayout.V4_SADDR)
          .u16(36, SkLookupLayout.SPORT)
          .u32(40, SkLookupLayout.V4_DADDR)
          .u16(60, SkLookupLayout.DPORT)
          .u32(64, SkLookupLayout.INGRESS_IFINDEX);

  private SkLookupContext() {}

  static int convert(Access access) {
    int off = access.off;
    if (off >= AT_REMOTE_IP6 && off < AT_REMOTE_IP6 + IP6_BYTES) {
      return ip6(access, SkLookupLayout.V6_SADDR, off - AT_REMOTE_IP6);
    }
    if (off >= AT_LOCAL_IP6 && off < AT_LOCAL_IP6 + IP6_BYTES) {
      return ip6(access, SkLookupLayout.V6_DADDR, off - AT_LOCAL_IP6);
    }
    if (off == AT_REMOTE_PORT_PADDING) {
      access.emit(Words.mov32Imm(access.dst, 0));
      return 2;
    }
    return FIELDS.convert(access);
  }

  private static int ip6(Access access, int pointer, int word) {
    access.load(DW, access.dst, access.src, pointer);
    access.emit(Words.jumpImm(JEQ, access.dst, 0, 1));
    access.load(W, access.dst, access.dst, word);
    return 4;
  }
}

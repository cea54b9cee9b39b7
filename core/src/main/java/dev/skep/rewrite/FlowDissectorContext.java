package dev.skep.rewrite;

import dev.skep.program.layout.FlowDissectorLayout;

/** struct __sk_buff to struct bpf_flow_dissector (flow_dissector_convert_ctx_access). */
final class FlowDissectorContext {
  static final ContextConverter FIELDS =
      new FieldTable("__sk_buff", 192)
          .u64(76, FlowDissectorLayout.DATA)
          .u64(80, FlowDissectorLayout.DATA_END)
          .u64(144, FlowDissectorLayout.FLOW_KEYS);

  private FlowDissectorContext() {}
}

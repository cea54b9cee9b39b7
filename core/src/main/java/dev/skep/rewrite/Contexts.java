package dev.skep.rewrite;

import org.jspecify.annotations.Nullable;

/** The converter of each program type's context. */
final class Contexts {
  private Contexts() {}

  /** Null for types whose programs see the kernel's context itself. */
  static @Nullable ContextConverter of(Code code) {
    return switch (code.program.resolvedType()) {
      case SOCKET_FILTER,
          SCHED_CLS,
          SCHED_ACT,
          CGROUP_SKB,
          LWT_IN,
          LWT_OUT,
          LWT_XMIT,
          LWT_SEG6LOCAL,
          SK_SKB ->
          new SkbContext(code);
      case XDP -> XdpContext::convert;
      case CGROUP_SOCK -> SockFields.SOCK;
      case CGROUP_SOCK_ADDR -> SockAddrContext::convert;
      case SOCK_OPS -> SockOpsContext::convert;
      case SK_MSG -> SkMsgContext.FIELDS;
      case SK_LOOKUP -> SkLookupContext::convert;
      case SK_REUSEPORT -> SkReuseportContext.FIELDS;
      case FLOW_DISSECTOR -> FlowDissectorContext.FIELDS;
      case CGROUP_SYSCTL -> SysctlContext::convert;
      case CGROUP_SOCKOPT -> SockoptContext::convert;
      case PERF_EVENT -> PerfEventContext::convert;
      default -> null;
    };
  }
}

package dev.skep.program;

/** Attach types. The order is the kernel's numbering. */
public enum AttachType {
  CGROUP_INET_INGRESS("cgroup_inet_ingress"),
  CGROUP_INET_EGRESS("cgroup_inet_egress"),
  CGROUP_INET_SOCK_CREATE("cgroup_inet_sock_create"),
  CGROUP_SOCK_OPS("cgroup_sock_ops"),
  SK_SKB_STREAM_PARSER("sk_skb_stream_parser"),
  SK_SKB_STREAM_VERDICT("sk_skb_stream_verdict"),
  CGROUP_DEVICE("cgroup_device"),
  SK_MSG_VERDICT("sk_msg_verdict"),
  CGROUP_INET4_BIND("cgroup_inet4_bind"),
  CGROUP_INET6_BIND("cgroup_inet6_bind"),
  CGROUP_INET4_CONNECT("cgroup_inet4_connect"),
  CGROUP_INET6_CONNECT("cgroup_inet6_connect"),
  CGROUP_INET4_POST_BIND("cgroup_inet4_post_bind"),
  CGROUP_INET6_POST_BIND("cgroup_inet6_post_bind"),
  CGROUP_UDP4_SENDMSG("cgroup_udp4_sendmsg"),
  CGROUP_UDP6_SENDMSG("cgroup_udp6_sendmsg"),
  LIRC_MODE2("lirc_mode2"),
  FLOW_DISSECTOR("flow_dissector"),
  CGROUP_SYSCTL("cgroup_sysctl"),
  CGROUP_UDP4_RECVMSG("cgroup_udp4_recvmsg"),
  CGROUP_UDP6_RECVMSG("cgroup_udp6_recvmsg"),
  CGROUP_GETSOCKOPT("cgroup_getsockopt"),
  CGROUP_SETSOCKOPT("cgroup_setsockopt"),
  TRACE_RAW_TP("trace_raw_tp"),
  TRACE_FENTRY("trace_fentry"),
  TRACE_FEXIT("trace_fexit"),
  MODIFY_RETURN("modify_return"),
  LSM_MAC("lsm_mac"),
  TRACE_ITER("trace_iter"),
  CGROUP_INET4_GETPEERNAME("cgroup_inet4_getpeername"),
  CGROUP_INET6_GETPEERNAME("cgroup_inet6_getpeername"),
  CGROUP_INET4_GETSOCKNAME("cgroup_inet4_getsockname"),
  CGROUP_INET6_GETSOCKNAME("cgroup_inet6_getsockname"),
  XDP_DEVMAP("xdp_devmap"),
  CGROUP_INET_SOCK_RELEASE("cgroup_inet_sock_release"),
  XDP_CPUMAP("xdp_cpumap"),
  SK_LOOKUP("sk_lookup"),
  XDP("xdp"),
  SK_SKB_VERDICT("sk_skb_verdict"),
  SK_REUSEPORT_SELECT("sk_reuseport_select"),
  SK_REUSEPORT_SELECT_OR_MIGRATE("sk_reuseport_select_or_migrate"),
  PERF_EVENT("perf_event"),
  TRACE_KPROBE_MULTI("trace_kprobe_multi"),
  LSM_CGROUP("lsm_cgroup"),
  STRUCT_OPS("struct_ops"),
  NETFILTER("netfilter"),
  TCX_INGRESS("tcx_ingress"),
  TCX_EGRESS("tcx_egress"),
  TRACE_UPROBE_MULTI("trace_uprobe_multi"),
  CGROUP_UNIX_CONNECT("cgroup_unix_connect"),
  CGROUP_UNIX_SENDMSG("cgroup_unix_sendmsg"),
  CGROUP_UNIX_RECVMSG("cgroup_unix_recvmsg"),
  CGROUP_UNIX_GETPEERNAME("cgroup_unix_getpeername"),
  CGROUP_UNIX_GETSOCKNAME("cgroup_unix_getsockname"),
  NETKIT_PRIMARY("netkit_primary"),
  NETKIT_PEER("netkit_peer"),
  TRACE_KPROBE_SESSION("trace_kprobe_session"),
  TRACE_UPROBE_SESSION("trace_uprobe_session");

  private static final AttachType[] ALL = values();
  private final String text;

  AttachType(String text) {
    this.text = text;
  }

  /** The name that libbpf and bpftool print. */
  public String text() {
    return text;
  }

  /** The number in enum bpf_attach_type. */
  public int number() {
    return ordinal();
  }

  /** The constant of a kernel number, or null when Linux 6.18 has none. */
  public static @org.jspecify.annotations.Nullable AttachType ofNumber(int number) {
    return number >= 0 && number < ALL.length ? ALL[number] : null;
  }

  /** The constant of a libbpf name, or null when there is none. */
  public static @org.jspecify.annotations.Nullable AttachType ofText(String text) {
    for (AttachType candidate : ALL) {
      if (candidate.text.equals(text)) {
        return candidate;
      }
    }
    return null;
  }
}

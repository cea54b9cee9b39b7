package dev.skep.program;

/** Program types. The order is the kernel's numbering. */
public enum ProgramType {
  UNSPEC("unspec"),
  SOCKET_FILTER("socket_filter"),
  KPROBE("kprobe"),
  SCHED_CLS("sched_cls"),
  SCHED_ACT("sched_act"),
  TRACEPOINT("tracepoint"),
  XDP("xdp"),
  PERF_EVENT("perf_event"),
  CGROUP_SKB("cgroup_skb"),
  CGROUP_SOCK("cgroup_sock"),
  LWT_IN("lwt_in"),
  LWT_OUT("lwt_out"),
  LWT_XMIT("lwt_xmit"),
  SOCK_OPS("sock_ops"),
  SK_SKB("sk_skb"),
  CGROUP_DEVICE("cgroup_device"),
  SK_MSG("sk_msg"),
  RAW_TRACEPOINT("raw_tracepoint"),
  CGROUP_SOCK_ADDR("cgroup_sock_addr"),
  LWT_SEG6LOCAL("lwt_seg6local"),
  LIRC_MODE2("lirc_mode2"),
  SK_REUSEPORT("sk_reuseport"),
  FLOW_DISSECTOR("flow_dissector"),
  CGROUP_SYSCTL("cgroup_sysctl"),
  RAW_TRACEPOINT_WRITABLE("raw_tracepoint_writable"),
  CGROUP_SOCKOPT("cgroup_sockopt"),
  TRACING("tracing"),
  STRUCT_OPS("struct_ops"),
  EXT("ext"),
  LSM("lsm"),
  SK_LOOKUP("sk_lookup"),
  SYSCALL("syscall"),
  NETFILTER("netfilter");

  private static final ProgramType[] ALL = values();
  private final String text;

  ProgramType(String text) {
    this.text = text;
  }

  /** The name that libbpf and bpftool print. */
  public String text() {
    return text;
  }

  /** The number in enum bpf_prog_type. */
  public int number() {
    return ordinal();
  }

  /** The constant of a kernel number, or null when Linux 6.18 has none. */
  public static @org.jspecify.annotations.Nullable ProgramType ofNumber(int number) {
    return number >= 0 && number < ALL.length ? ALL[number] : null;
  }

  /** The constant of a libbpf name, or null when there is none. */
  public static @org.jspecify.annotations.Nullable ProgramType ofText(String text) {
    for (ProgramType candidate : ALL) {
      if (candidate.text.equals(text)) {
        return candidate;
      }
    }
    return null;
  }
}

package dev.skep.object;

import static dev.skep.object.SectionNames.SLEEPABLE;
import static dev.skep.object.SectionNames.XDP_HAS_FRAGS;

import dev.skep.object.SectionNames.Definition;
import dev.skep.program.AttachType;
import dev.skep.program.ProgramType;
import java.util.List;

/** The section definitions of libbpf 1.8, as far as Linux 6.18 has their attach types. */
final class SectionTable {
  static final List<Definition> ROWS =
      List.of(
          loose("socket", ProgramType.SOCKET_FILTER),
          loose(
              "sk_reuseport/migrate",
              ProgramType.SK_REUSEPORT,
              AttachType.SK_REUSEPORT_SELECT_OR_MIGRATE),
          loose("sk_reuseport", ProgramType.SK_REUSEPORT, AttachType.SK_REUSEPORT_SELECT),
          open("kprobe", ProgramType.KPROBE),
          open("kretprobe", ProgramType.KPROBE),
          open("uprobe", ProgramType.KPROBE),
          open("uretprobe", ProgramType.KPROBE),
          open("uprobe.s", ProgramType.KPROBE, SLEEPABLE),
          open("uretprobe.s", ProgramType.KPROBE, SLEEPABLE),
          open("kprobe.multi", ProgramType.KPROBE, AttachType.TRACE_KPROBE_MULTI),
          open("kretprobe.multi", ProgramType.KPROBE, AttachType.TRACE_KPROBE_MULTI),
          open("kprobe.session", ProgramType.KPROBE, AttachType.TRACE_KPROBE_SESSION),
          open("uprobe.multi", ProgramType.KPROBE, AttachType.TRACE_UPROBE_MULTI),
          open("uretprobe.multi", ProgramType.KPROBE, AttachType.TRACE_UPROBE_MULTI),
          open("uprobe.multi.s", ProgramType.KPROBE, AttachType.TRACE_UPROBE_MULTI, SLEEPABLE),
          open("uretprobe.multi.s", ProgramType.KPROBE, AttachType.TRACE_UPROBE_MULTI, SLEEPABLE),
          open("uprobe.session", ProgramType.KPROBE, AttachType.TRACE_UPROBE_SESSION),
          open("uprobe.session.s", ProgramType.KPROBE, AttachType.TRACE_UPROBE_SESSION, SLEEPABLE),
          open("ksyscall", ProgramType.KPROBE),
          open("kretsyscall", ProgramType.KPROBE),
          open("usdt", ProgramType.KPROBE),
          open("usdt.s", ProgramType.KPROBE, SLEEPABLE),
          exact("tc", ProgramType.SCHED_CLS),
          loose("classifier", ProgramType.SCHED_CLS),
          loose("action", ProgramType.SCHED_ACT),
          exact("tc/ingress", ProgramType.SCHED_CLS, AttachType.TCX_INGRESS),
          exact("tcx/ingress", ProgramType.SCHED_CLS, AttachType.TCX_INGRESS),
          exact("tc/egress", ProgramType.SCHED_CLS, AttachType.TCX_EGRESS),
          exact("tcx/egress", ProgramType.SCHED_CLS, AttachType.TCX_EGRESS),
          exact("netkit/primary", ProgramType.SCHED_CLS, AttachType.NETKIT_PRIMARY),
          exact("netkit/peer", ProgramType.SCHED_CLS, AttachType.NETKIT_PEER),
          open("tracepoint", ProgramType.TRACEPOINT),
          open("tp", ProgramType.TRACEPOINT),
          open("tracepoint.s", ProgramType.TRACEPOINT, SLEEPABLE),
          open("tp.s", ProgramType.TRACEPOINT, SLEEPABLE),
          open("raw_tracepoint", ProgramType.RAW_TRACEPOINT),
          open("raw_tp", ProgramType.RAW_TRACEPOINT),
          open("raw_tracepoint.s", ProgramType.RAW_TRACEPOINT, SLEEPABLE),
          open("raw_tp.s", ProgramType.RAW_TRACEPOINT, SLEEPABLE),
          open("raw_tracepoint.w", ProgramType.RAW_TRACEPOINT_WRITABLE),
          open("raw_tp.w", ProgramType.RAW_TRACEPOINT_WRITABLE),
          open("tp_btf", ProgramType.TRACING, AttachType.TRACE_RAW_TP),
          open("tp_btf.s", ProgramType.TRACING, AttachType.TRACE_RAW_TP, SLEEPABLE),
          open("fentry", ProgramType.TRACING, AttachType.TRACE_FENTRY),
          open("fentry.s", ProgramType.TRACING, AttachType.TRACE_FENTRY, SLEEPABLE),
          open("fmod_ret", ProgramType.TRACING, AttachType.MODIFY_RETURN),
          open("fmod_ret.s", ProgramType.TRACING, AttachType.MODIFY_RETURN, SLEEPABLE),
          open("fexit", ProgramType.TRACING, AttachType.TRACE_FEXIT),
          open("fexit.s", ProgramType.TRACING, AttachType.TRACE_FEXIT, SLEEPABLE),
          open("freplace", ProgramType.EXT),
          open("lsm", ProgramType.LSM, AttachType.LSM_MAC),
          open("lsm.s", ProgramType.LSM, AttachType.LSM_MAC, SLEEPABLE),
          open("lsm_cgroup", ProgramType.LSM, AttachType.LSM_CGROUP),
          open("iter", ProgramType.TRACING, AttachType.TRACE_ITER),
          open("iter.s", ProgramType.TRACING, AttachType.TRACE_ITER, SLEEPABLE),
          exact("syscall", ProgramType.SYSCALL, SLEEPABLE),
          exact("xdp.frags/devmap", ProgramType.XDP, AttachType.XDP_DEVMAP, XDP_HAS_FRAGS),
          exact("xdp/devmap", ProgramType.XDP, AttachType.XDP_DEVMAP),
          loose("xdp_devmap/", ProgramType.XDP, AttachType.XDP_DEVMAP),
          exact("xdp.frags/cpumap", ProgramType.XDP, AttachType.XDP_CPUMAP, XDP_HAS_FRAGS),
          exact("xdp/cpumap", ProgramType.XDP, AttachType.XDP_CPUMAP),
          loose("xdp_cpumap/", ProgramType.XDP, AttachType.XDP_CPUMAP),
          exact("xdp.frags", ProgramType.XDP, AttachType.XDP, XDP_HAS_FRAGS),
          loose("xdp", ProgramType.XDP, AttachType.XDP),
          loose("perf_event", ProgramType.PERF_EVENT),
          loose("lwt_in", ProgramType.LWT_IN),
          loose("lwt_out", ProgramType.LWT_OUT),
          loose("lwt_xmit", ProgramType.LWT_XMIT),
          loose("lwt_seg6local", ProgramType.LWT_SEG6LOCAL),
          loose("sockops", ProgramType.SOCK_OPS, AttachType.CGROUP_SOCK_OPS),
          loose("sk_skb/stream_parser", ProgramType.SK_SKB, AttachType.SK_SKB_STREAM_PARSER),
          loose("sk_skb/stream_verdict", ProgramType.SK_SKB, AttachType.SK_SKB_STREAM_VERDICT),
          loose("sk_skb/verdict", ProgramType.SK_SKB, AttachType.SK_SKB_VERDICT),
          loose("sk_skb", ProgramType.SK_SKB),
          loose("sk_msg", ProgramType.SK_MSG, AttachType.SK_MSG_VERDICT),
          loose("lirc_mode2", ProgramType.LIRC_MODE2, AttachType.LIRC_MODE2),
          loose("flow_dissector", ProgramType.FLOW_DISSECTOR, AttachType.FLOW_DISSECTOR),
          loose("cgroup_skb/ingress", ProgramType.CGROUP_SKB, AttachType.CGROUP_INET_INGRESS),
          loose("cgroup_skb/egress", ProgramType.CGROUP_SKB, AttachType.CGROUP_INET_EGRESS),
          loose("cgroup/skb", ProgramType.CGROUP_SKB),
          loose("cgroup/sock_create", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET_SOCK_CREATE),
          loose("cgroup/sock", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET_SOCK_CREATE),
          loose(
              "cgroup/sock_release", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET_SOCK_RELEASE),
          loose("cgroup/post_bind4", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET4_POST_BIND),
          loose("cgroup/post_bind6", ProgramType.CGROUP_SOCK, AttachType.CGROUP_INET6_POST_BIND),
          loose("cgroup/bind4", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET4_BIND),
          loose("cgroup/bind6", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET6_BIND),
          loose("cgroup/connect4", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET4_CONNECT),
          loose("cgroup/connect6", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_INET6_CONNECT),
          exact(
              "cgroup/connect_unix", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UNIX_CONNECT),
          loose("cgroup/sendmsg4", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UDP4_SENDMSG),
          loose("cgroup/sendmsg6", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UDP6_SENDMSG),
          exact(
              "cgroup/sendmsg_unix", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UNIX_SENDMSG),
          loose("cgroup/recvmsg4", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UDP4_RECVMSG),
          loose("cgroup/recvmsg6", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UDP6_RECVMSG),
          exact(
              "cgroup/recvmsg_unix", ProgramType.CGROUP_SOCK_ADDR, AttachType.CGROUP_UNIX_RECVMSG),
          loose(
              "cgroup/getpeername4",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_INET4_GETPEERNAME),
          loose(
              "cgroup/getpeername6",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_INET6_GETPEERNAME),
          exact(
              "cgroup/getpeername_unix",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_UNIX_GETPEERNAME),
          loose(
              "cgroup/getsockname4",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_INET4_GETSOCKNAME),
          loose(
              "cgroup/getsockname6",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_INET6_GETSOCKNAME),
          exact(
              "cgroup/getsockname_unix",
              ProgramType.CGROUP_SOCK_ADDR,
              AttachType.CGROUP_UNIX_GETSOCKNAME),
          loose("cgroup/sysctl", ProgramType.CGROUP_SYSCTL, AttachType.CGROUP_SYSCTL),
          loose("cgroup/getsockopt", ProgramType.CGROUP_SOCKOPT, AttachType.CGROUP_GETSOCKOPT),
          loose("cgroup/setsockopt", ProgramType.CGROUP_SOCKOPT, AttachType.CGROUP_SETSOCKOPT),
          loose("cgroup/dev", ProgramType.CGROUP_DEVICE, AttachType.CGROUP_DEVICE),
          open("struct_ops", ProgramType.STRUCT_OPS),
          open("struct_ops.s", ProgramType.STRUCT_OPS, SLEEPABLE),
          loose("sk_lookup", ProgramType.SK_LOOKUP, AttachType.SK_LOOKUP),
          exact("netfilter", ProgramType.NETFILTER, AttachType.NETFILTER));

  private SectionTable() {}

  private static Definition exact(String name, ProgramType type) {
    return new Definition(name, false, false, type, 0, 0);
  }

  private static Definition exact(String name, ProgramType type, AttachType attach) {
    return new Definition(name, false, false, type, attach.number(), 0);
  }

  private static Definition exact(String name, ProgramType type, int flags) {
    return new Definition(name, false, false, type, 0, flags);
  }

  private static Definition exact(String name, ProgramType type, AttachType attach, int flags) {
    return new Definition(name, false, false, type, attach.number(), flags);
  }

  private static Definition loose(String name, ProgramType type) {
    return new Definition(name, false, true, type, 0, 0);
  }

  private static Definition loose(String name, ProgramType type, AttachType attach) {
    return new Definition(name, false, true, type, attach.number(), 0);
  }

  private static Definition open(String name, ProgramType type) {
    return new Definition(name, true, false, type, 0, 0);
  }

  private static Definition open(String name, ProgramType type, int flags) {
    return new Definition(name, true, false, type, 0, flags);
  }

  private static Definition open(String name, ProgramType type, AttachType attach) {
    return new Definition(name, true, false, type, attach.number(), 0);
  }

  private static Definition open(String name, ProgramType type, AttachType attach, int flags) {
    return new Definition(name, true, false, type, attach.number(), flags);
  }
}

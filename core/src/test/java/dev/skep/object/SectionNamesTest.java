package dev.skep.object;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.program.AttachType;
import dev.skep.program.ProgramType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SectionNamesTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "socket, SOCKET_FILTER, -, 0, -",
        "socket1, UNSPEC, -, 0, -",
        "kprobe, KPROBE, -, 0, -",
        "kprobe/do_sys_open+0x8, KPROBE, -, 0, do_sys_open+0x8",
        "kprobe.multi/tcp_*, KPROBE, TRACE_KPROBE_MULTI, 0, tcp_*",
        "uprobe.s//bin/sh:main, KPROBE, -, 16, /bin/sh:main",
        "uprobe.session.s/x:y, KPROBE, TRACE_UPROBE_SESSION, 16, x:y",
        "usdt.s, KPROBE, -, 16, -",
        "ksyscall/nanosleep, KPROBE, -, 0, nanosleep",
        "tc, SCHED_CLS, -, 0, -",
        "tc/foo, UNSPEC, -, 0, -",
        "tc/ingress, SCHED_CLS, TCX_INGRESS, 0, -",
        "tcx/egress, SCHED_CLS, TCX_EGRESS, 0, -",
        "netkit/peer, SCHED_CLS, NETKIT_PEER, 0, -",
        "classifier/x, UNSPEC, -, 0, -",
        "action, SCHED_ACT, -, 0, -",
        "tp/sched/sched_switch, TRACEPOINT, -, 0, sched/sched_switch",
        "raw_tracepoint.w/x, RAW_TRACEPOINT_WRITABLE, -, 0, x",
        "tp_btf/sched_switch, TRACING, TRACE_RAW_TP, 0, sched_switch",
        "fentry.s/f, TRACING, TRACE_FENTRY, 16, f",
        "fexit/m:f, TRACING, TRACE_FEXIT, 0, m:f",
        "fmod_ret/f, TRACING, MODIFY_RETURN, 0, f",
        "freplace/f, EXT, -, 0, f",
        "lsm.s/bpf, LSM, LSM_MAC, 16, bpf",
        "lsm_cgroup/socket_bind, LSM, LSM_CGROUP, 0, socket_bind",
        "iter/task, TRACING, TRACE_ITER, 0, task",
        "syscall, SYSCALL, -, 16, -",
        "xdp, XDP, XDP, 0, -",
        "xdp/, UNSPEC, -, 0, -",
        "xdp.frags, XDP, XDP, 32, -",
        "xdp.frags/devmap, XDP, XDP_DEVMAP, 32, -",
        "xdp/cpumap, XDP, XDP_CPUMAP, 0, -",
        "xdp_prog, UNSPEC, -, 0, -",
        "lwt_seg6local, LWT_SEG6LOCAL, -, 0, -",
        "sockops, SOCK_OPS, CGROUP_SOCK_OPS, 0, -",
        "sk_skb, SK_SKB, -, 0, -",
        "sk_skb/verdict, SK_SKB, SK_SKB_VERDICT, 0, -",
        "sk_reuseport/migrate, SK_REUSEPORT, SK_REUSEPORT_SELECT_OR_MIGRATE, 0, -",
        "cgroup_skb/egress, CGROUP_SKB, CGROUP_INET_EGRESS, 0, -",
        "cgroup/skb, CGROUP_SKB, -, 0, -",
        "cgroup/sock, CGROUP_SOCK, CGROUP_INET_SOCK_CREATE, 0, -",
        "cgroup/post_bind6, CGROUP_SOCK, CGROUP_INET6_POST_BIND, 0, -",
        "cgroup/sendmsg4, CGROUP_SOCK_ADDR, CGROUP_UDP4_SENDMSG, 0, -",
        "cgroup/getpeername_unix, CGROUP_SOCK_ADDR, CGROUP_UNIX_GETPEERNAME, 0, -",
        "cgroup/bind_unix, UNSPEC, -, 0, -",
        "cgroup/setsockopt, CGROUP_SOCKOPT, CGROUP_SETSOCKOPT, 0, -",
        "cgroup/dev, CGROUP_DEVICE, CGROUP_DEVICE, 0, -",
        "struct_ops.s/x, STRUCT_OPS, -, 16, x",
        "netfilter, NETFILTER, NETFILTER, 0, -",
        "test, UNSPEC, -, 0, -"
      })
  void meansWhatLibbpfSays(
      String section, ProgramType type, AttachType attach, int flags, String attachTo) {
    SectionNames.Meaning meaning = SectionNames.of(section);
    assertThat(meaning.type()).isEqualTo(type);
    assertThat(meaning.attachType()).isEqualTo(attach == null ? 0 : attach.number());
    assertThat(meaning.flags()).isEqualTo(flags);
    assertThat(meaning.attachTo()).isEqualTo(attachTo);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "xdp_prog, XDP, XDP",
        "classifier/foo, SCHED_CLS, -",
        "socket1, SOCKET_FILTER, -",
        "cgroup/connect4_x, CGROUP_SOCK_ADDR, CGROUP_INET4_CONNECT",
        "xdp_devmap/x, XDP, XDP_DEVMAP",
        "sk_skb/stream_parser2, SK_SKB, SK_SKB_STREAM_PARSER",
        "test, UNSPEC, -"
      })
  void matchesPrefixesWhenLoose(String section, ProgramType type, AttachType attach) {
    SectionNames.Meaning meaning = SectionNames.ofLoosely(section);
    assertThat(meaning.type()).isEqualTo(type);
    assertThat(meaning.attachType()).isEqualTo(attach == null ? 0 : attach.number());
  }
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.SockLayout;
import dev.skep.program.layout.TcpSockLayout;
import dev.skep.program.layout.XdpSockLayout;

/** Socket pointers: struct bpf_sock, bpf_tcp_sock and bpf_xdp_sock to the kernel's structs. */
final class SockFields {
  private static final int AT_RX_QUEUE_MAPPING = 76;
  private static final int NO_QUEUE_MAPPING = 0xffff;

  private static final FieldTable SOCK_TABLE =
      new FieldTable("bpf_sock", 80)
          .u32(0, SockLayout.BOUND_DEV_IF)
          .u16(4, SockLayout.FAMILY)
          .u16(8, SockLayout.TYPE)
          .u16(12, SockLayout.PROTOCOL)
          .u32(16, SockLayout.MARK)
          .u32(20, SockLayout.PRIORITY)
          .u32(24, SockLayout.RCV_SADDR)
          .words(28, 4, SockLayout.V6_RCV_SADDR)
          .u16(44, SockLayout.NUM)
          .u16(48, SockLayout.DPORT)
          .u32(52, SockLayout.DADDR)
          .words(56, 4, SockLayout.V6_DADDR)
          .u8(72, SockLayout.STATE)
          .u16(AT_RX_QUEUE_MAPPING, SockLayout.RX_QUEUE_MAPPING);

  /** bpf_sock_convert_ctx_access */
  static final ContextConverter SOCK = SockFields::sock;

  /** bpf_tcp_sock_convert_ctx_access */
  static final ContextConverter TCP_SOCK =
      new FieldTable("bpf_tcp_sock", 112)
          .u32(0, TcpSockLayout.SND_CWND)
          .u32(4, TcpSockLayout.SRTT_US)
          .u32(8, TcpSockLayout.RTT_MIN)
          .u32(12, TcpSockLayout.SND_SSTHRESH)
          .u32(16, TcpSockLayout.RCV_NXT)
          .u32(20, TcpSockLayout.SND_NXT)
          .u32(24, TcpSockLayout.SND_UNA)
          .u32(28, TcpSockLayout.MSS_CACHE)
          .u8(32, TcpSockLayout.ECN_FLAGS)
          .u32(36, TcpSockLayout.RATE_DELIVERED)
          .u32(40, TcpSockLayout.RATE_INTERVAL_US)
          .u32(44, TcpSockLayout.PACKETS_OUT)
          .u32(48, TcpSockLayout.RETRANS_OUT)
          .u32(52, TcpSockLayout.TOTAL_RETRANS)
          .u32(56, TcpSockLayout.SEGS_IN)
          .u32(60, TcpSockLayout.DATA_SEGS_IN)
          .u32(64, TcpSockLayout.SEGS_OUT)
          .u32(68, TcpSockLayout.DATA_SEGS_OUT)
          .u32(72, TcpSockLayout.LOST_OUT)
          .u32(76, TcpSockLayout.SACKED_OUT)
          .u64(80, TcpSockLayout.BYTES_RECEIVED)
          .u64(88, TcpSockLayout.BYTES_ACKED)
          .u32(96, TcpSockLayout.DSACK_DUPS)
          .u32(100, TcpSockLayout.DELIVERED)
          .u32(104, TcpSockLayout.DELIVERED_CE)
          .u8(108, TcpSockLayout.ICSK_RETRANSMITS);

  /** bpf_xdp_sock_convert_ctx_access */
  static final ContextConverter XDP_SOCK =
      new FieldTable("bpf_xdp_sock", 4).u16(0, XdpSockLayout.QUEUE_ID);

  private SockFields() {}

  private static int sock(Access access) {
    int target = SOCK_TABLE.convert(access);
    if (access.off == AT_RX_QUEUE_MAPPING) {
      access.emit(Words.jumpImm(JNE, access.dst, NO_QUEUE_MAPPING, 1));
      access.emit(Words.movImm(access.dst, -1));
    }
    return target;
  }
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.layout.SkBuffLayout;
import dev.skep.program.layout.SkbControlBlockLayout;
import dev.skep.program.layout.SkbSharedInfoLayout;
import dev.skep.program.layout.SockLayout;
import dev.skep.program.layout.SockOpsLayout;
import dev.skep.program.layout.TcpSockLayout;

/** struct bpf_sock_ops to struct bpf_sock_ops_kern (sock_ops_convert_ctx_access). */
final class SockOpsContext {
  private static final int AT_TXHASH = 164;
  private static final int AT_SK = 184;
  private static final int AT_SKB_DATA = 192;
  private static final int AT_SKB_LEN = 208;
  private static final int AT_SKB_TCP_FLAGS = 212;
  private static final int AT_SKB_HWTSTAMP = 216;

  private static final FieldTable FIELDS =
      new FieldTable("bpf_sock_ops", 224)
          .u8(0, SockOpsLayout.OP)
          .words(4, 4, SockOpsLayout.ARGS)
          .through(20, SockOpsLayout.SK, H, SockLayout.FAMILY)
          .through(24, SockOpsLayout.SK, W, SockLayout.DADDR)
          .through(28, SockOpsLayout.SK, W, SockLayout.RCV_SADDR)
          .wordsThrough(32, 4, SockOpsLayout.SK, SockLayout.V6_DADDR)
          .wordsThrough(48, 4, SockOpsLayout.SK, SockLayout.V6_RCV_SADDR)
          .upperHalfThrough(64, SockOpsLayout.SK, SockLayout.DPORT)
          .through(68, SockOpsLayout.SK, H, SockLayout.NUM)
          .u8(72, SockOpsLayout.IS_FULLSOCK)
          .through(88, SockOpsLayout.SK, B, SockLayout.STATE)
          .through(92, SockOpsLayout.SK, W, TcpSockLayout.RTT_MIN)
          .u64(200, SockOpsLayout.SKB_DATA_END);

  /** Members of the socket that may be read only while it is a locked TCP socket. */
  private static final FieldTable GUARDED =
      new FieldTable("bpf_sock_ops", 224)
          .u32(76, TcpSockLayout.SND_CWND)
          .u32(80, TcpSockLayout.SRTT_US)
          .u8(84, TcpSockLayout.BPF_SOCK_OPS_CB_FLAGS)
          .u32(96, TcpSockLayout.SND_SSTHRESH)
          .u32(100, TcpSockLayout.RCV_NXT)
          .u32(104, TcpSockLayout.SND_NXT)
          .u32(108, TcpSockLayout.SND_UNA)
          .u32(112, TcpSockLayout.MSS_CACHE)
          .u8(116, TcpSockLayout.ECN_FLAGS)
          .u32(120, TcpSockLayout.RATE_DELIVERED)
          .u32(124, TcpSockLayout.RATE_INTERVAL_US)
          .u32(128, TcpSockLayout.PACKETS_OUT)
          .u32(132, TcpSockLayout.RETRANS_OUT)
          .u32(136, TcpSockLayout.TOTAL_RETRANS)
          .u32(140, TcpSockLayout.SEGS_IN)
          .u32(144, TcpSockLayout.DATA_SEGS_IN)
          .u32(148, TcpSockLayout.SEGS_OUT)
          .u32(152, TcpSockLayout.DATA_SEGS_OUT)
          .u32(156, TcpSockLayout.LOST_OUT)
          .u32(160, TcpSockLayout.SACKED_OUT)
          .u32(AT_TXHASH, SockLayout.TXHASH)
          .u64(168, TcpSockLayout.BYTES_RECEIVED)
          .u64(176, TcpSockLayout.BYTES_ACKED);

  private SockOpsContext() {}

  static int convert(Access access) {
    if (access.write) {
      return access.off == AT_TXHASH ? writeTxhash(access) : FIELDS.convert(access);
    }
    if (GUARDED.has(access.off)) {
      return readGuarded(access);
    }
    return switch (access.off) {
      case AT_SK -> readSk(access);
      case AT_SKB_DATA -> ofSkb(access, DW, SkBuffLayout.DATA);
      case AT_SKB_LEN -> ofSkb(access, W, SkBuffLayout.LEN);
      case AT_SKB_TCP_FLAGS -> ofSkb(access, H, SkBuffLayout.CB + SkbControlBlockLayout.TCP_FLAGS);
      case AT_SKB_HWTSTAMP -> readHwtstamp(access);
      default -> FIELDS.convert(access);
    };
  }

  private static int readGuarded(Access access) {
    int dst = access.dst;
    if (dst != access.src) {
      access.load(B, dst, access.src, SockOpsLayout.IS_LOCKED_TCP_SOCK);
      access.emit(Words.jumpImm(JEQ, dst, 0, 2));
      access.load(DW, dst, access.src, SockOpsLayout.SK);
      return member(access);
    }
    int flag = borrow(access, SockOpsLayout.IS_LOCKED_TCP_SOCK, 4);
    access.load(DW, flag, dst, SockOpsLayout.TEMP);
    access.load(DW, dst, dst, SockOpsLayout.SK);
    int target = member(access);
    giveBack(access, flag);
    return target;
  }

  /** The socket's pointer is in dst: replaces it by the member. */
  private static int member(Access access) {
    int base = access.src;
    access.src = access.dst;
    int target = GUARDED.convert(access);
    access.src = base;
    return target;
  }

  private static int readSk(Access access) {
    int dst = access.dst;
    if (dst != access.src) {
      access.load(B, dst, access.src, SockOpsLayout.IS_FULLSOCK);
      access.emit(Words.jumpImm(JEQ, dst, 0, 1));
      access.load(DW, dst, access.src, SockOpsLayout.SK);
      return 8;
    }
    int flag = borrow(access, SockOpsLayout.IS_FULLSOCK, 3);
    access.load(DW, flag, dst, SockOpsLayout.TEMP);
    access.load(DW, dst, dst, SockOpsLayout.SK);
    giveBack(access, flag);
    return 8;
  }

  /** Destination and base are one register: tests the flag in a saved one. */
  private static int borrow(Access access, int flagMember, int skip) {
    int flag = access.dst == 9 ? 8 : 9;
    access.save(flag, access.dst, SockOpsLayout.TEMP);
    access.load(B, flag, access.dst, flagMember);
    access.emit(Words.jumpImm(JEQ, flag, 0, skip));
    return flag;
  }

  private static void giveBack(Access access, int flag) {
    access.emit(Words.jump(2));
    access.load(DW, flag, access.dst, SockOpsLayout.TEMP);
    access.emit(Words.movImm(access.dst, 0));
  }

  private static int ofSkb(Access access, int size, int member) {
    access.load(DW, access.dst, access.src, SockOpsLayout.SKB);
    access.emit(Words.jumpImm(JEQ, access.dst, 0, 1));
    access.load(size, access.dst, access.dst, member);
    return bytes(size);
  }

  private static int readHwtstamp(Access access) {
    int dst = access.dst;
    access.load(DW, dst, access.src, SockOpsLayout.SKB);
    access.emit(Words.jumpImm(JEQ, dst, 0, 4));
    access.load(W, AX, dst, SkBuffLayout.END);
    access.load(DW, dst, dst, SkBuffLayout.HEAD);
    access.emit(Words.aluReg(ADD, dst, AX));
    access.load(DW, dst, dst, SkbSharedInfoLayout.HWTSTAMPS);
    return 8;
  }

  private static int writeTxhash(Access access) {
    int spare = access.spare();
    access.save(spare, access.dst, SockOpsLayout.TEMP);
    access.load(B, spare, access.dst, SockOpsLayout.IS_LOCKED_TCP_SOCK);
    access.emit(Words.jumpImm(JEQ, spare, 0, 2));
    access.load(DW, spare, access.dst, SockOpsLayout.SK);
    access.store(W, spare, SockLayout.TXHASH);
    access.load(DW, spare, access.dst, SockOpsLayout.TEMP);
    return 4;
  }
}

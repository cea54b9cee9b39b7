package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;
import static dev.skep.program.layout.SkBuffLayout.*;

import dev.skep.isa.InsnWord;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.NetDeviceLayout;
import dev.skep.program.layout.SkBuffLayout;
import dev.skep.program.layout.SkbControlBlockLayout;
import dev.skep.program.layout.SkbSharedInfoLayout;
import dev.skep.program.layout.SockLayout;
import dev.skep.verify.RegType;

/**
 * struct __sk_buff to struct sk_buff (bpf_convert_ctx_access, tc_cls_act_convert_ctx_access,
 * sk_skb_convert_ctx_access).
 */
final class SkbContext implements ContextConverter {
  private static final int AT_PKT_TYPE = 4;
  private static final int AT_QUEUE_MAPPING = 12;
  private static final int AT_VLAN_PRESENT = 20;
  private static final int AT_IFINDEX = 40;
  private static final int AT_CB = 48;
  private static final int AT_CB_END = 68;
  private static final int AT_DATA_END = 80;
  private static final int AT_NAPI_ID = 84;
  private static final int AT_TSTAMP = 152;
  private static final int AT_GSO_SEGS = 164;
  private static final int AT_GSO_SIZE = 176;
  private static final int AT_TSTAMP_TYPE = 180;
  private static final int AT_HWTSTAMP = 184;

  private static final int NO_QUEUE_MAPPING = 0xffff;

  private static final FieldTable FIELDS =
      new FieldTable("__sk_buff", 192)
          .u32(0, LEN)
          .u32(8, MARK)
          .u16(AT_QUEUE_MAPPING, QUEUE_MAPPING)
          .u16(16, PROTOCOL)
          .u16(24, VLAN_TCI)
          .u16(28, VLAN_PROTO)
          .u32(32, PRIORITY)
          .u32(36, SKB_IIF)
          .u16(44, TC_INDEX)
          .u32(68, HASH)
          .u16(72, CB + SkbControlBlockLayout.QDISC_TC_CLASSID)
          .u64(76, DATA)
          .u64(AT_DATA_END, CB + SkbControlBlockLayout.DATA_END)
          .through(88, SK, H, SockLayout.FAMILY)
          .through(92, SK, W, SockLayout.DADDR)
          .through(96, SK, W, SockLayout.RCV_SADDR)
          .wordsThrough(100, 4, SK, SockLayout.V6_DADDR)
          .wordsThrough(116, 4, SK, SockLayout.V6_RCV_SADDR)
          .upperHalfThrough(132, SK, SockLayout.DPORT)
          .through(136, SK, H, SockLayout.NUM)
          .u64(140, CB + SkbControlBlockLayout.DATA_META)
          .u32(160, CB + SkbControlBlockLayout.QDISC_PKT_LEN)
          .u64(168, SK);

  private final boolean tc;
  private final boolean skSkb;
  private final int minNapiId;
  private final boolean readsTstampType;

  SkbContext(Code code) {
    ProgramType type = code.program.resolvedType();
    tc = type == ProgramType.SCHED_CLS || type == ProgramType.SCHED_ACT;
    skSkb = type == ProgramType.SK_SKB;
    minNapiId = code.verified.options().host().configNrCpus() + 1;
    readsTstampType = readsTstampType(code);
  }

  /** Programs that read tstamp_type see tstamp as it is (prog.tstamp_type_access). */
  private static boolean readsTstampType(Code code) {
    for (int i = 0; i < code.length; i++) {
      int origin = code.origin[i];
      long word = code.insns[i];
      if (origin >= 0
          && code.facts.pointerType[origin] == RegType.CTX
          && classOf(InsnWord.code(word)) == LDX
          && InsnWord.off(word) == AT_TSTAMP_TYPE) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int convert(Access access) {
    int off = access.off;
    if (off >= AT_CB && off < AT_CB_END) {
      int data = skSkb ? SkbControlBlockLayout.SK_SKB_DATA : SkbControlBlockLayout.QDISC_DATA;
      return access.member(access.ownSize(), CB + data + off - AT_CB);
    }
    return access.write ? write(access) : read(access);
  }

  private int write(Access access) {
    return switch (access.off) {
      case AT_QUEUE_MAPPING -> writeQueueMapping(access);
      case AT_TSTAMP -> writeTstamp(access);
      default -> FIELDS.convert(access);
    };
  }

  private int read(Access access) {
    int dst = access.dst;
    return switch (access.off) {
      case AT_PKT_TYPE -> {
        access.member(B, PKT_TYPE_OFFSET);
        access.emit(Words.alu32Imm(AND, dst, PKT_TYPE_MASK));
        yield 1;
      }
      case AT_VLAN_PRESENT -> {
        access.member(W, VLAN_ALL);
        access.emit(Words.jumpImm(JEQ, dst, 0, 1));
        access.emit(Words.alu32Imm(MOV, dst, 1));
        yield 4;
      }
      case AT_IFINDEX -> readIfindex(access);
      case AT_DATA_END -> skSkb ? readStreamEnd(access) : FIELDS.convert(access);
      case AT_NAPI_ID -> {
        access.member(W, NAPI_ID);
        access.emit(Words.jumpImm(JGE, dst, minNapiId, 1));
        access.emit(Words.movImm(dst, 0));
        yield 4;
      }
      case AT_TSTAMP -> readTstamp(access);
      case AT_GSO_SEGS -> sharedInfo(access, H, SkbSharedInfoLayout.GSO_SEGS);
      case AT_GSO_SIZE -> sharedInfo(access, H, SkbSharedInfoLayout.GSO_SIZE);
      case AT_TSTAMP_TYPE -> {
        access.member(B, MONO_TC_OFFSET);
        access.emit(Words.alu32Imm(AND, dst, TSTAMP_TYPE_MASK));
        yield 1;
      }
      case AT_HWTSTAMP -> sharedInfo(access, DW, SkbSharedInfoLayout.HWTSTAMPS);
      default -> FIELDS.convert(access);
    };
  }

  private int readIfindex(Access access) {
    access.load(DW, access.dst, access.src, DEV);
    if (!tc) {
      access.emit(Words.jumpImm(JEQ, access.dst, 0, 1));
    }
    access.load(W, access.dst, access.dst, NetDeviceLayout.IFINDEX);
    return 4;
  }

  private static int sharedInfo(Access access, int size, int member) {
    access.load(W, AX, access.src, SkBuffLayout.END);
    access.load(DW, access.dst, access.src, HEAD);
    access.emit(Words.aluReg(ADD, access.dst, AX));
    access.load(size, access.dst, access.dst, member);
    return bytes(size);
  }

  /** data + len - data_len, as sk_skb has no data_end in its control block. */
  private static int readStreamEnd(Access access) {
    int base = access.src;
    int temp = CB + SkbControlBlockLayout.SK_SKB_TEMP_REG;
    boolean same = access.dst == base;
    int into = access.dst;
    if (same) {
      into = base == 9 ? 8 : 9;
      access.save(into, base, temp);
    }
    access.load(DW, into, base, DATA);
    access.load(W, AX, base, LEN);
    access.emit(Words.aluReg(ADD, into, AX));
    access.load(W, AX, base, DATA_LEN);
    access.emit(Words.aluReg(SUB, into, AX));
    if (same) {
      access.emit(Words.movReg(AX, base));
      access.emit(Words.movReg(base, into));
      access.load(DW, into, AX, temp);
    }
    return 8;
  }

  /** A delivery time is not shown to programs at tc ingress, which expect the receive time. */
  private int readTstamp(Access access) {
    if (!readsTstampType) {
      access.load(B, AX, access.src, MONO_TC_OFFSET);
      access.emit(Words.jump32Imm(JSET, AX, TC_AT_INGRESS_MASK, 1));
      access.emit(Words.jump(4));
      access.emit(Words.jump32Imm(JSET, AX, TSTAMP_TYPE_MASK, 1));
      access.emit(Words.jump(2));
      access.emit(Words.movImm(access.dst, 0));
      access.emit(Words.jump(1));
    }
    return access.member(DW, TSTAMP);
  }

  private int writeTstamp(Access access) {
    if (!readsTstampType) {
      access.load(B, AX, access.dst, MONO_TC_OFFSET);
      access.emit(Words.jump32Imm(JSET, AX, TC_AT_INGRESS_MASK, 1));
      access.emit(Words.jump(2));
      access.emit(Words.alu32Imm(AND, AX, ~TSTAMP_TYPE_MASK));
      access.emit(Words.store(B, access.dst, AX, MONO_TC_OFFSET));
    }
    return access.member(DW, TSTAMP);
  }

  private static int writeQueueMapping(Access access) {
    if (access.storesImmediate() && access.imm >= NO_QUEUE_MAPPING) {
      access.emit(Words.jump(0));
      return 2;
    }
    if (!access.storesImmediate()) {
      access.emit(Words.jumpImm(JGE, access.src, NO_QUEUE_MAPPING, 1));
    }
    return access.member(H, QUEUE_MAPPING);
  }
}

package dev.skep.isa;

/**
 * The numbers of the instruction encoding (RFC 9669 sections 3 to 5; include/uapi/linux/bpf.h and
 * filter.h for what is Linux's own).
 *
 * <pre>
 *   arithmetic and jumps         loads and stores
 *    7    4  3  2    0            7    5 4    3 2    0
 *  +-------+---+------+          +------+------+------+
 *  |  op   | S | class|          | mode | size | class|
 *  +-------+---+------+          +------+------+------+
 * </pre>
 */
public final class Opcodes {
  // Classes.
  public static final int LD = 0x00;
  public static final int LDX = 0x01;
  public static final int ST = 0x02;
  public static final int STX = 0x03;
  public static final int ALU = 0x04;
  public static final int JMP = 0x05;
  public static final int JMP32 = 0x06;
  public static final int ALU64 = 0x07;

  // Sources of the second operand.
  public static final int K = 0x00;
  public static final int X = 0x08;

  // Sizes.
  public static final int W = 0x00;
  public static final int H = 0x08;
  public static final int B = 0x10;
  public static final int DW = 0x18;

  // Modes.
  public static final int IMM = 0x00;
  public static final int ABS = 0x20;
  public static final int IND = 0x40;
  public static final int MEM = 0x60;
  public static final int MEMSX = 0x80;
  public static final int ATOMIC = 0xc0;

  // Modes that only rewrites produce. They share numbers with IND, IMM and others of other classes.
  public static final int PROBE_MEM = 0x20;
  public static final int PROBE_MEMSX = 0x40;
  public static final int PROBE_MEM32 = 0xa0;
  public static final int PROBE_MEM32SX = 0xc0;
  public static final int PROBE_ATOMIC = 0xe0;
  public static final int NOSPEC_MODE = 0xc0;

  // Arithmetic.
  public static final int ADD = 0x00;
  public static final int SUB = 0x10;
  public static final int MUL = 0x20;
  public static final int DIV = 0x30;
  public static final int OR = 0x40;
  public static final int AND = 0x50;
  public static final int LSH = 0x60;
  public static final int RSH = 0x70;
  public static final int NEG = 0x80;
  public static final int MOD = 0x90;
  public static final int XOR = 0xa0;
  public static final int MOV = 0xb0;
  public static final int ARSH = 0xc0;
  public static final int END = 0xd0;

  // Jumps.
  public static final int JA = 0x00;
  public static final int JEQ = 0x10;
  public static final int JGT = 0x20;
  public static final int JGE = 0x30;
  public static final int JSET = 0x40;
  public static final int JNE = 0x50;
  public static final int JSGT = 0x60;
  public static final int JSGE = 0x70;
  public static final int CALL = 0x80;
  public static final int EXIT = 0x90;
  public static final int JLT = 0xa0;
  public static final int JLE = 0xb0;
  public static final int JSLT = 0xc0;
  public static final int JSLE = 0xd0;
  public static final int JCOND = 0xe0;

  /** Operation of the internal tail call, in class JMP. */
  public static final int TAIL_CALL = 0xf0;

  // Whole codes that passes compare with often.
  public static final int LD_IMM64 = LD | DW | IMM;
  public static final int CALL_CODE = JMP | CALL;
  public static final int EXIT_CODE = JMP | EXIT;
  public static final int JA_CODE = JMP | JA;
  public static final int GOTOL_CODE = JMP32 | JA;
  public static final int GOTOX_CODE = JMP | JA | X;
  public static final int MAY_GOTO_CODE = JMP | JCOND;
  public static final int TAIL_CALL_CODE = JMP | TAIL_CALL;
  public static final int NOSPEC_CODE = ST | NOSPEC_MODE;
  public static final int MOV64_X = ALU64 | MOV | X;
  public static final int MOV64_K = ALU64 | MOV;
  public static final int MOV32_X = ALU | MOV | X;
  public static final int MOV32_K = ALU | MOV;

  // Values of imm in atomic instructions.
  public static final int FETCH = 0x01;
  public static final int XCHG = 0xe0 | FETCH;
  public static final int CMPXCHG = 0xf0 | FETCH;
  public static final int LOAD_ACQ = 0x100;
  public static final int STORE_REL = 0x110;

  // Values of src in ld_imm64.
  public static final int PSEUDO_MAP_FD = 1;
  public static final int PSEUDO_MAP_VALUE = 2;
  public static final int PSEUDO_BTF_ID = 3;
  public static final int PSEUDO_FUNC = 4;
  public static final int PSEUDO_MAP_IDX = 5;
  public static final int PSEUDO_MAP_IDX_VALUE = 6;

  // Values of src in calls.
  public static final int PSEUDO_CALL = 1;
  public static final int PSEUDO_KFUNC_CALL = 2;

  /** src of a may_goto. */
  public static final int MAY_GOTO = 0;

  /** off of an addr_space_cast (BPF_ADDR_SPACE_CAST). */
  public static final int ADDR_SPACE_CAST = 1;

  /** off of a mov64_percpu (BPF_ADDR_PERCPU). */
  public static final int ADDR_PERCPU = -1;

  /** Number of the first register that programs cannot name (BPF_REG_AX). */
  public static final int AX = 11;

  private Opcodes() {}

  /** The class bits of a code. */
  public static int classOf(int code) {
    return code & 0x07;
  }

  /** The operation of an arithmetic or jump code. */
  public static int op(int code) {
    return code & 0xf0;
  }

  /** The size bits of a load or store code. */
  public static int size(int code) {
    return code & 0x18;
  }

  /** The mode bits of a load or store code. */
  public static int mode(int code) {
    return code & 0xe0;
  }

  /** Whether the second operand of an arithmetic or jump code is a register. */
  public static boolean isX(int code) {
    return (code & X) != 0;
  }

  /** Bytes that a load or store code accesses: 1, 2, 4 or 8. */
  public static int bytes(int code) {
    return switch (code & 0x18) {
      case W -> 4;
      case H -> 2;
      case B -> 1;
      default -> 8;
    };
  }
}

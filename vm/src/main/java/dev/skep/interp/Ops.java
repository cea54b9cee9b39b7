package dev.skep.interp;

/**
 * The interpreter's own operation numbers, dense for one table switch. An operation with a second
 * operand reads it from a register or, for a constant, from {@link #CONSTANT}.
 */
final class Ops {
  /** Number of the pseudo register that holds the constant of the running instruction. */
  static final int CONSTANT = 12;

  /** Registers of one execution: R0 to R10, AX, the constant. */
  static final int REGISTERS = 13;

  static final int ADD64 = 0;
  static final int SUB64 = 1;
  static final int MUL64 = 2;
  static final int DIV64 = 3;
  static final int SDIV64 = 4;
  static final int MOD64 = 5;
  static final int SMOD64 = 6;
  static final int OR64 = 7;
  static final int AND64 = 8;
  static final int XOR64 = 9;
  static final int LSH64 = 10;
  static final int RSH64 = 11;
  static final int ARSH64 = 12;
  static final int MOV64 = 13;
  static final int ADD32 = 14;
  static final int SUB32 = 15;
  static final int MUL32 = 16;
  static final int DIV32 = 17;
  static final int SDIV32 = 18;
  static final int MOD32 = 19;
  static final int SMOD32 = 20;
  static final int OR32 = 21;
  static final int AND32 = 22;
  static final int XOR32 = 23;
  static final int LSH32 = 24;
  static final int RSH32 = 25;
  static final int ARSH32 = 26;
  static final int MOV32 = 27;
  static final int NEG64 = 28;
  static final int NEG32 = 29;
  static final int MOVSX64_8 = 30;
  static final int MOVSX64_16 = 31;
  static final int MOVSX64_32 = 32;
  static final int MOVSX32_8 = 33;
  static final int MOVSX32_16 = 34;
  static final int KEEP16 = 35;
  static final int SWAP16 = 36;
  static final int SWAP32 = 37;
  static final int SWAP64 = 38;
  static final int PERCPU = 39;
  static final int LDDW = 40;

  static final int LDX_B = 41;
  static final int LDX_H = 42;
  static final int LDX_W = 43;
  static final int LDX_DW = 44;
  static final int LDXS_B = 45;
  static final int LDXS_H = 46;
  static final int LDXS_W = 47;
  static final int PROBE = 48;
  static final int ST_B = 49;
  static final int ST_H = 50;
  static final int ST_W = 51;
  static final int ST_DW = 52;
  static final int ATOMIC = 53;

  static final int JA = 54;
  static final int JEQ64 = 55;
  static final int JNE64 = 56;
  static final int JGT64 = 57;
  static final int JGE64 = 58;
  static final int JLT64 = 59;
  static final int JLE64 = 60;
  static final int JSGT64 = 61;
  static final int JSGE64 = 62;
  static final int JSLT64 = 63;
  static final int JSLE64 = 64;
  static final int JSET64 = 65;
  static final int JEQ32 = 66;
  static final int JNE32 = 67;
  static final int JGT32 = 68;
  static final int JGE32 = 69;
  static final int JLT32 = 70;
  static final int JLE32 = 71;
  static final int JSGT32 = 72;
  static final int JSGE32 = 73;
  static final int JSLT32 = 74;
  static final int JSLE32 = 75;
  static final int JSET32 = 76;

  static final int NOP = 77;
  static final int CALL_LOCAL = 78;
  static final int CALL = 79;
  static final int TIMED_MAY_GOTO = 80;
  static final int TAIL_CALL = 81;
  static final int TAIL_CALL_DIRECT = 82;
  static final int EXIT = 83;

  /** A call of a subprogram that another program stands in for. */
  static final int CALL_EXTENSION = 84;

  /** The second slot of a ld_imm64, or the place behind the last instruction. */
  static final int UNREACHABLE = 85;

  /** Tells the observer, then goes on elsewhere. */
  static final int OBSERVE = 86;

  private Ops() {}
}

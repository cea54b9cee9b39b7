package dev.skep.jit.arm64;

import java.util.Arrays;

/**
 * Writes A64 instruction words (Arm ARM, C4). {@code sf} is 1 for 64-bit and 0 for 32-bit
 * registers; registers are numbers, 31 the zero register or the stack pointer.
 */
final class A64Assembler {
  // Data processing of two registers, at bits 30 to 21 and, for shifts and divisions, 15 to 10.
  static final int ADD = 0x0b000000;
  static final int SUB = 0x4b000000;
  static final int SUBS = 0x6b000000;
  static final int AND = 0x0a000000;
  static final int ORR = 0x2a000000;
  static final int ORN = 0x2a200000;
  static final int EOR = 0x4a000000;
  static final int ANDS = 0x6a000000;
  static final int UDIV = 0x1ac00800;
  static final int SDIV = 0x1ac00c00;
  static final int LSLV = 0x1ac02000;
  static final int LSRV = 0x1ac02400;
  static final int ASRV = 0x1ac02800;

  // Additions of constants.
  static final int ADD_IMM = 0x11000000;
  static final int SUB_IMM = 0x51000000;
  static final int ADDS_IMM = 0x31000000;
  static final int SUBS_IMM = 0x71000000;

  // Logic with bitmask constants.
  static final int AND_IMM = 0x12000000;
  static final int ORR_IMM = 0x32000000;
  static final int EOR_IMM = 0x52000000;
  static final int ANDS_IMM = 0x72000000;

  // Bit fields.
  static final int UBFM = 0x53000000;
  static final int SBFM = 0x13000000;

  // Moves of 16 bits.
  static final int MOVN = 0x12800000;
  static final int MOVZ = 0x52800000;
  static final int MOVK = 0x72800000;

  // Reversals.
  static final int REV16 = 0x5ac00400;
  static final int REV32 = 0x5ac00800;
  static final int REV64 = 0xdac00c00;

  static final int RET = 0xd65f03c0;
  static final int NOP = 0xd503201f;
  static final int BTI_C = 0xd503245f;
  static final int BTI_J = 0xd503249f;
  static final int BTI_JC = 0xd50324df;
  static final int PACIASP = 0xd503233f;
  static final int AUTIASP = 0xd50323bf;
  static final int DMB_ISH = 0xd5033bbf;

  private int[] words = new int[64];
  private int length;

  /** Words written so far. */
  int position() {
    return length;
  }

  void clear() {
    length = 0;
  }

  int[] copy() {
    return Arrays.copyOf(words, length);
  }

  void word(int word) {
    if (length == words.length) {
      words = Arrays.copyOf(words, 2 * length);
    }
    words[length++] = word;
  }

  void registers(int op, int sf, int rd, int rn, int rm) {
    word(op | sf << 31 | rm << 16 | rn << 5 | rd);
  }

  /** rd = ra + rn * rm, or with {@code subtract} ra - rn * rm. */
  void multiplyAdd(int sf, boolean subtract, int rd, int rn, int rm, int ra) {
    word(0x1b000000 | (subtract ? 0x8000 : 0) | sf << 31 | rm << 16 | ra << 10 | rn << 5 | rd);
  }

  /** An addition whose constant {@link Immediates#isAddend} accepts. */
  void addend(int op, int sf, int rd, int rn, int value) {
    int field = value >>> 12 == 0 ? value << 10 : 1 << 22 | value >>> 12 << 10;
    word(op | sf << 31 | field | rn << 5 | rd);
  }

  /** Logic with the fields of {@link Immediates#bitmask}. */
  void bitmask(int op, int sf, int rd, int rn, int fields) {
    word(op | sf << 31 | fields << 10 | rn << 5 | rd);
  }

  void bitField(int op, int sf, int rd, int rn, int immr, int imms) {
    word(op | sf << 31 | sf << 22 | immr << 16 | imms << 10 | rn << 5 | rd);
  }

  void moveWide(int op, int sf, int rd, int imm16, int shift) {
    word(op | sf << 31 | shift / 16 << 21 | (imm16 & 0xffff) << 5 | rd);
  }

  void reverse(int op, int rd, int rn) {
    word(op | rn << 5 | rd);
  }

  /**
   * A load or store at a base and an unsigned multiple of the size.
   *
   * @param op size and kind, as {@code 0x39400000}
   */
  void memory(int op, int logSize, int rt, int rn, int offset) {
    word(op | logSize << 30 | offset >>> logSize << 10 | rn << 5 | rt);
  }

  /** A load or store at the sum of two registers. */
  void memoryIndexed(int op, int logSize, int rt, int rn, int rm) {
    word(op | logSize << 30 | rm << 16 | rn << 5 | rt);
  }

  /** stp rt, rt2, [sp, #-16]! */
  void push(int rt, int rt2) {
    word(0xa9bf0000 | rt2 << 10 | A64Reg.SP << 5 | rt);
  }

  /** ldp rt, rt2, [sp], #16. */
  void pop(int rt, int rt2) {
    word(0xa8c10000 | rt2 << 10 | A64Reg.SP << 5 | rt);
  }

  void branch(int words) {
    word(0x14000000 | words & 0x3ffffff);
  }

  void branchLink(int words) {
    word(0x94000000 | words & 0x3ffffff);
  }

  void branchIf(int condition, int words) {
    word(0x54000000 | (words & 0x7ffff) << 5 | condition);
  }

  void branchIfZero(int sf, int rt, int words) {
    word(0x34000000 | sf << 31 | (words & 0x7ffff) << 5 | rt);
  }

  void branchIfNotZero(int sf, int rt, int words) {
    word(0x35000000 | sf << 31 | (words & 0x7ffff) << 5 | rt);
  }

  void branchRegister(int rn) {
    word(0xd61f0000 | rn << 5);
  }

  void branchLinkRegister(int rn) {
    word(0xd63f0000 | rn << 5);
  }

  /** Puts the displacement into a conditional branch that was written with 0. */
  void land(int branch) {
    words[branch] |= (length - branch & 0x7ffff) << 5;
  }

  void loadExclusive(int sf, int rt, int rn) {
    word(0x885f7c00 | sf << 30 | rn << 5 | rt);
  }

  /** Stores if nobody else did since the load; rs is then 0. */
  void storeExclusive(int sf, boolean release, int rs, int rt, int rn) {
    word(0x88007c00 | (release ? 0x8000 : 0) | sf << 30 | rs << 16 | rn << 5 | rt);
  }

  /**
   * An atomic operation in one instruction (FEAT_LSE).
   *
   * @param opc bits 15 to 12: 0 add, 1 clear, 2 eor, 3 set, 8 swap
   * @param ordered with acquire and release
   */
  void atomic(int opc, int sf, boolean ordered, int rs, int rt, int rn) {
    int order = ordered ? 0x00c00000 : 0;
    word(0xb8200000 | order | sf << 30 | rs << 16 | opc << 12 | rn << 5 | rt);
  }

  /** casal: compares with rs, which gets the old value. */
  void compareAndSwap(int sf, int rs, int rt, int rn) {
    word(0x88e0fc00 | sf << 30 | rs << 16 | rn << 5 | rt);
  }

  void loadAcquire(int logSize, int rt, int rn) {
    word(0x08dffc00 | logSize << 30 | rn << 5 | rt);
  }

  void storeRelease(int logSize, int rt, int rn) {
    word(0x089ffc00 | logSize << 30 | rn << 5 | rt);
  }
}

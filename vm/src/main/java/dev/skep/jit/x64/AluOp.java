package dev.skep.jit.x64;

/** The two-operand arithmetic of the eight classic x86 rows (Intel SDM 2B). */
enum AluOp {
  ADD(0x01, 0, 0x05),
  OR(0x09, 1, 0x0d),
  AND(0x21, 4, 0x25),
  SUB(0x29, 5, 0x2d),
  XOR(0x31, 6, 0x35),
  /** The kernel's JIT never uses the short form of cmp with eax. */
  CMP(0x39, 7, 0);

  /** Opcode of {@code op r/m, r}. */
  final int opcode;

  /** Field of the immediate forms 81 and 83. */
  final int digit;

  /** Opcode of {@code op eax, imm32}, 0 where it is not used. */
  final int raxShort;

  AluOp(int opcode, int digit, int raxShort) {
    this.opcode = opcode;
    this.digit = digit;
    this.raxShort = raxShort;
  }
}

package dev.skep.jit.arm64;

/** Registers of the CPU by number, and what the JIT keeps in them. */
final class A64Reg {
  /** Scratch of one lowering. */
  static final int TMP1 = 10;

  static final int TMP2 = 11;
  static final int TMP3 = 12;

  /** BPF_REG_AX; holds the caller's return address at the entry. */
  static final int AX = 9;

  /** Pointer to the tail call counter. */
  static final int TAIL_CALL_COUNTER = 26;

  static final int PRIVATE_STACK = 27;
  static final int ARENA = 28;

  /** BPF_REG_FP. */
  static final int BPF_FP = 25;

  static final int FP = 29;
  static final int LR = 30;

  /** The zero register, or the stack pointer where an instruction takes one. */
  static final int ZR = 31;

  static final int SP = 31;

  private A64Reg() {}
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/** Instruction words that rewrites emit, and what patching must know of a word. */
final class Words {
  static final int R0 = 0;
  static final int R1 = 1;
  static final int R2 = 2;
  static final int R3 = 3;
  static final int FP = 10;

  /** {@link #relative}: the word refers to no other instruction. */
  static final int NO_TARGET = Integer.MIN_VALUE;

  /** The one form of jump that nop removal deletes. */
  static final long NOP = JA_CODE;

  static final long EXIT_WORD = EXIT_CODE;
  static final long NOSPEC_WORD = NOSPEC_CODE;

  private Words() {}

  static long movReg(int dst, int src) {
    return InsnWord.of(MOV64_X, dst, src, 0, 0);
  }

  static long movImm(int dst, int imm) {
    return InsnWord.of(MOV64_K, dst, 0, 0, imm);
  }

  static long mov32Reg(int dst, int src) {
    return InsnWord.of(MOV32_X, dst, src, 0, 0);
  }

  static long mov32Imm(int dst, int imm) {
    return InsnWord.of(MOV32_K, dst, 0, 0, imm);
  }

  /** dst = this CPU's address of the per-CPU offset in src. */
  static long movPerCpu(int dst, int src) {
    return InsnWord.of(MOV64_X, dst, src, ADDR_PERCPU, 0);
  }

  static long aluReg(int op, int dst, int src) {
    return InsnWord.of(ALU64 | op | X, dst, src, 0, 0);
  }

  static long aluImm(int op, int dst, int imm) {
    return InsnWord.of(ALU64 | op, dst, 0, 0, imm);
  }

  static long alu32Reg(int op, int dst, int src) {
    return InsnWord.of(ALU | op | X, dst, src, 0, 0);
  }

  static long alu32Imm(int op, int dst, int imm) {
    return InsnWord.of(ALU | op, dst, 0, 0, imm);
  }

  static long jumpReg(int op, int dst, int src, int off) {
    return InsnWord.of(JMP | op | X, dst, src, off, 0);
  }

  static long jumpImm(int op, int dst, int imm, int off) {
    return InsnWord.of(JMP | op, dst, 0, off, imm);
  }

  static long jump32Reg(int op, int dst, int src, int off) {
    return InsnWord.of(JMP32 | op | X, dst, src, off, 0);
  }

  static long jump32Imm(int op, int dst, int imm, int off) {
    return InsnWord.of(JMP32 | op, dst, 0, off, imm);
  }

  static long jump(int off) {
    return InsnWord.of(JA_CODE, 0, 0, off, 0);
  }

  /**
   * dst = *(size *)(src + off)
   *
   * @param size {@link dev.skep.isa.Opcodes#B}, H, W or DW
   */
  static long load(int size, int dst, int src, int off) {
    return InsnWord.of(LDX | MEM | size, dst, src, off, 0);
  }

  static long store(int size, int dst, int src, int off) {
    return InsnWord.of(STX | MEM | size, dst, src, off, 0);
  }

  static long storeImm(int size, int dst, int off, int imm) {
    return InsnWord.of(ST | MEM | size, dst, 0, off, imm);
  }

  /** A call of a helper id or of {@link KernelFunction#number}. */
  static long call(int function) {
    return InsnWord.of(CALL_CODE, 0, 0, 0, function);
  }

  static long call(KernelFunction function) {
    return call(function.number());
  }

  static boolean isHelperCall(long word) {
    return InsnWord.code(word) == CALL_CODE && InsnWord.src(word) == 0;
  }

  static boolean isSubprogCall(long word) {
    return InsnWord.code(word) == CALL_CODE && InsnWord.src(word) == PSEUDO_CALL;
  }

  static boolean isFunctionLoad(long word) {
    return InsnWord.code(word) == LD_IMM64 && InsnWord.src(word) == PSEUDO_FUNC;
  }

  /** Whether the word refers to a subprogram rather than jumping. */
  static boolean namesSubprog(long word) {
    return isSubprogCall(word) || isFunctionLoad(word);
  }

  /** A jump with two ways on, may_goto included (insn_is_cond_jump). */
  static boolean isConditionalJump(long word) {
    int code = InsnWord.code(word);
    int op = op(code);
    return switch (classOf(code)) {
      case JMP32 -> op != JA;
      case JMP -> op != JA && op != EXIT && op != CALL && op != TAIL_CALL;
      default -> false;
    };
  }

  /**
   * Distance from the next instruction to the one that a jump, a call of a subprogram or a function
   * load refers to, or {@link #NO_TARGET}.
   */
  static int relative(long word) {
    int code = InsnWord.code(word);
    if (code == GOTOL_CODE || namesSubprog(word)) {
      return InsnWord.imm(word);
    }
    if (code == JA_CODE || isConditionalJump(word)) {
      return InsnWord.off(word);
    }
    return NO_TARGET;
  }

  /** The word with another distance, or {@link #NO_WORD} where 16 bits do not hold it. */
  static long withRelative(long word, int relative) {
    if (InsnWord.code(word) == GOTOL_CODE || namesSubprog(word)) {
      return InsnWord.withImm(word, relative);
    }
    return relative == (short) relative ? InsnWord.withOff(word, relative) : NO_WORD;
  }

  /** No instruction: code 0xff does not exist. */
  static final long NO_WORD = -1L;

  /**
   * Whether the word defines the lower half of a register and clears the upper (insn_has_def32).
   */
  static boolean definesLowHalf(long word) {
    int code = InsnWord.code(word);
    return switch (classOf(code)) {
      case ALU -> op(code) != END || InsnWord.imm(word) != 64;
      case ALU64 -> op(code) == END && InsnWord.imm(word) != 64;
      case LDX -> size(code) != DW && mode(code) != MEMSX && mode(code) != PROBE_MEMSX;
      case STX -> mode(code) == ATOMIC && size(code) != DW && fetches(InsnWord.imm(word));
      default -> false;
    };
  }

  private static boolean fetches(int operation) {
    return (operation & FETCH) != 0 || operation == LOAD_ACQ;
  }
}

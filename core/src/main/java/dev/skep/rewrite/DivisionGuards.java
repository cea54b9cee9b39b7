package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/**
 * Gives division and modulo by zero, and by minus one for the signed forms, the results of the
 * instruction set: x / 0 = 0, x % 0 = x, x / -1 = -x, x % -1 = 0 (do_misc_fixups).
 */
final class DivisionGuards {
  private DivisionGuards() {}

  static boolean applies(long word) {
    int code = InsnWord.code(word);
    int op = op(code);
    boolean arithmetic = classOf(code) == ALU || classOf(code) == ALU64;
    if (!arithmetic || op != DIV && op != MOD) {
      return false;
    }
    return isX(code) || isSigned(word) && InsnWord.imm(word) == -1;
  }

  private static boolean isSigned(long word) {
    return InsnWord.off(word) == 1;
  }

  static void emit(Patch patch, long word) {
    int code = InsnWord.code(word);
    boolean wide = classOf(code) == ALU64;
    boolean division = op(code) == DIV;
    int dst = InsnWord.dst(word);
    if (!isX(code)) {
      int negate = (wide ? ALU64 : ALU) | NEG;
      patch.emit(division ? InsnWord.of(negate, dst, 0, 0, 0) : Words.mov32Imm(dst, 0));
    } else if (isSigned(word)) {
      signed(patch, word, wide, division, dst);
    } else if (division) {
      patch.emit(jump(JNE, InsnWord.src(word), 0, 2, wide));
      patch.emit(Words.alu32Reg(XOR, dst, dst));
      patch.emit(Words.jump(1));
      patch.emitOld(word);
    } else {
      patch.emit(jump(JEQ, InsnWord.src(word), 0, wide ? 1 : 2, wide));
      patch.emitOld(word);
      if (!wide) {
        truncate(patch, dst);
      }
    }
  }

  /** With ax = divisor + 1, the divisors 0 and -1 are 1 and 0. */
  private static void signed(Patch patch, long word, boolean wide, boolean division, int dst) {
    patch.emit(Words.movReg(AX, InsnWord.src(word)));
    patch.emit(InsnWord.of((wide ? ALU64 : ALU) | ADD, AX, 0, 0, 1));
    if (division) {
      patch.emit(jump(JGT, AX, 1, 4, wide));
      patch.emit(jump(JEQ, AX, 0, 1, wide));
      patch.emit(InsnWord.of((wide ? ALU64 : ALU) | MOV, dst, 0, 0, 0));
      patch.emit(InsnWord.of((wide ? ALU64 : ALU) | NEG, dst, 0, 0, 0));
      patch.emit(Words.jump(1));
      patch.emitOld(word);
      return;
    }
    patch.emit(jump(JGT, AX, 1, 3, wide));
    patch.emit(jump(JEQ, AX, 1, wide ? 3 : 4, wide));
    patch.emit(Words.mov32Imm(dst, 0));
    patch.emit(Words.jump(1));
    patch.emitOld(word);
    if (!wide) {
      truncate(patch, dst);
    }
  }

  /** The 32-bit modulo by zero still clears the upper half. */
  private static void truncate(Patch patch, int dst) {
    patch.emit(Words.jump(1));
    patch.emit(Words.mov32Reg(dst, dst));
  }

  private static long jump(int op, int register, int imm, int off, boolean wide) {
    return wide ? Words.jumpImm(op, register, imm, off) : Words.jump32Imm(op, register, imm, off);
  }
}

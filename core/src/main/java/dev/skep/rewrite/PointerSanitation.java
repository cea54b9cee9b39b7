package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/**
 * Keeps pointer arithmetic inside its object also under wrong speculation, for loaders without
 * CAP_PERFMON: the scalar becomes 0 when it exceeds the limit that the verifier computed.
 */
final class PointerSanitation {
  // Bits of alu_state.
  private static final int SANITIZE_SRC = 1;
  private static final int SANITIZE_DST = 2;
  private static final int NEG_VALUE = 1 << 2;
  private static final int NON_POINTER = 1 << 3;
  private static final int IMMEDIATE = 1 << 4;
  private static final int SANITIZE = SANITIZE_SRC | SANITIZE_DST;

  private PointerSanitation() {}

  static boolean applies(long word, int state) {
    int code = InsnWord.code(word);
    boolean addsRegister = code == (ALU64 | ADD | X) || code == (ALU64 | SUB | X);
    return addsRegister && state != 0 && state != NON_POINTER;
  }

  static void emit(Patch patch, long word, int state, int limit) {
    boolean negative = (state & NEG_VALUE) != 0;
    boolean source = (state & SANITIZE) == SANITIZE_SRC;
    boolean constant = (state & IMMEDIATE) != 0;
    int dst = InsnWord.dst(word);
    int scalar = source ? InsnWord.src(word) : dst;
    if (constant) {
      patch.emit(Words.mov32Imm(AX, limit));
    } else {
      mask(patch, scalar, limit, negative);
    }
    if (!source) {
      patch.emit(Words.movReg(dst, InsnWord.src(word)));
    }
    boolean add = op(InsnWord.code(word)) == ADD;
    patch.emit(Words.aluReg(add == negative ? SUB : ADD, dst, AX));
    if (source && negative && !constant) {
      patch.emit(Words.aluImm(MUL, scalar, -1));
    }
  }

  /** ax = scalar if 0 <= scalar <= limit, else 0. */
  private static void mask(Patch patch, int scalar, int limit, boolean negative) {
    if (negative) {
      patch.emit(Words.aluImm(MUL, scalar, -1));
    }
    patch.emit(Words.mov32Imm(AX, limit));
    patch.emit(Words.aluReg(SUB, AX, scalar));
    patch.emit(Words.aluReg(OR, AX, scalar));
    patch.emit(Words.aluImm(NEG, AX, 0));
    patch.emit(Words.aluImm(ARSH, AX, 63));
    patch.emit(Words.aluReg(AND, AX, scalar));
  }
}

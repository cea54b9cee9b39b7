package dev.skep.explain;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/** What an instruction multiplies with, where it multiplies with a constant. */
final class Factors {
  private Factors() {}

  /** The factor of a multiplication or shift to the left, else 1. */
  static long of(long word) {
    int code = InsnWord.code(word);
    int kind = classOf(code);
    if (kind != ALU && kind != ALU64 || isX(code)) {
      return 1;
    }
    int imm = InsnWord.imm(word);
    // A shift by 32 is the first half of a zero extension.
    return op(code) == LSH && imm > 0 && imm < 32 ? 1L << imm : op(code) == MUL ? imm : 1;
  }
}

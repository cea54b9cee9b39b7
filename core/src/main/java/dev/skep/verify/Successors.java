package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/** Where control may go after one instruction, within its subprogram (bpf_insn_successors). */
final class Successors {
  private Successors() {}

  /**
   * Finds the successors: the next instruction first, then the target of a jump.
   *
   * @param into takes up to two indices
   * @return how many there are
   */
  static int of(long[] insns, int at, int[] into) {
    long word = insns[at];
    int code = InsnWord.code(word);
    boolean jumps = classOf(code) == JMP || classOf(code) == JMP32;
    int count = 0;
    if (!(jumps && (op(code) == EXIT || op(code) == JA)) && at + 1 < insns.length) {
      into[count++] = at + slots(code);
    }
    if (jumps && op(code) != EXIT && op(code) != CALL) {
      int target = at + jumpOffset(word) + 1;
      if (count == 0 || into[0] != target) {
        into[count++] = target;
      }
    }
    return count;
  }

  /** Slots of the instruction: two for ld_imm64. */
  static int slots(int code) {
    return code == LD_IMM64 ? 2 : 1;
  }

  /** The distance of a jump, from the instruction behind it. */
  static int jumpOffset(long word) {
    return InsnWord.code(word) == GOTOL_CODE ? InsnWord.imm(word) : InsnWord.off(word);
  }
}

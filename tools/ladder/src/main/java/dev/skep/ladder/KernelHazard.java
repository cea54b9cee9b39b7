package dev.skep.ladder;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.Program;

/**
 * Programs that must not be given to the running kernel.
 *
 * <p>Linux 6.18.44 leaves a subprogram at a tail call or a packet load (LD_ABS, LD_IND) as at an
 * exit, but its precision tracking walks back over them as over any other instruction: it stays in
 * the caller's frame, and where it then reaches the call with an argument register marked, it
 * writes to {@code bt->reg_masks[-1]} and the kernel oopses (seen in __mark_chain_precision).
 */
public final class KernelHazard {
  private static final int PSEUDO_CALL = 1;
  private static final int TAIL_CALL = 12;
  private static final int ABS = 0x20;
  private static final int IND = 0x40;

  private KernelHazard() {}

  /** Whether a subprogram may be left by a tail call or packet load, and the kernel allows that. */
  public static boolean isHazard(Program program) {
    if (program.funcInfo().isEmpty()) {
      return false; // refused early
    }
    long[] insns = program.insns();
    int main = insns.length;
    for (int i = 0; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      boolean call = code == Opcodes.CALL_CODE && InsnWord.src(insns[i]) == PSEUDO_CALL;
      boolean function = code == Opcodes.LD_IMM64 && InsnWord.src(insns[i]) == 4;
      if (call || function) {
        main = Math.min(main, Math.max(0, i + 1 + InsnWord.imm(insns[i])));
      }
    }
    for (int i = main; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      boolean load = (code & 7) == 0 && ((code & 0xe0) == ABS || (code & 0xe0) == IND);
      boolean helper = code == Opcodes.CALL_CODE && InsnWord.src(insns[i]) == 0;
      boolean tailCall = helper && InsnWord.imm(insns[i]) == TAIL_CALL;
      if (load || tailCall) {
        return true;
      }
    }
    return false;
  }
}

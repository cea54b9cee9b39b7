package dev.skep.ladder;

import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.program.Program;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;

/**
 * Programs that must not be given to the running kernel.
 *
 * <p>Linux 6.18.44 leaves a subprogram at a packet load (LD_ABS, LD_IND) as at an exit, but its
 * precision tracking walks back over it as over any other instruction: it stays in the caller's
 * frame, and where it then reaches the call with an argument register marked, it writes to {@code
 * bt->reg_masks[-1]} and the kernel oopses (seen in __mark_chain_precision). Skep's verifier walks
 * the same way and tells when it gets there.
 */
public final class KernelHazard {
  private static final int PSEUDO_CALL = 1;
  private static final int ABS = 0x20;
  private static final int IND = 0x40;

  private KernelHazard() {}

  /** {@link #isHazard(Program, VerifierOptions)} with the standard options. */
  public static boolean isHazard(Program program) {
    return isHazard(program, VerifierOptions.standard());
  }

  /**
   * Whether loading the program may crash the kernel: a subprogram may be left by a packet load,
   * and the verifier met the fault, or could not judge the program to its end.
   */
  public static boolean isHazard(Program program, VerifierOptions options) {
    return !program.funcInfo().isEmpty() // else refused early
        && loadsPacketInSubprogram(program.insns())
        && Verifier.verify(program, options.withLogLevel(0)) instanceof Verdict.Unsupported;
  }

  private static boolean loadsPacketInSubprogram(long[] insns) {
    int main = insns.length;
    for (int i = 0; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      boolean call = code == Opcodes.CALL_CODE && InsnWord.src(insns[i]) == PSEUDO_CALL;
      boolean function = code == Opcodes.LD_IMM64 && InsnWord.src(insns[i]) == Opcodes.PSEUDO_FUNC;
      if (call || function) {
        main = Math.min(main, Math.max(0, i + 1 + InsnWord.imm(insns[i])));
      }
    }
    for (int i = main; i < insns.length; i++) {
      int code = InsnWord.code(insns[i]);
      if ((code & 7) == 0 && ((code & 0xe0) == ABS || (code & 0xe0) == IND)) {
        return true;
      }
    }
    return false;
  }
}

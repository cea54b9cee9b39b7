package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/**
 * may_goto as a counter and a clock on the stack, below what the subprogram uses.
 *
 * <pre>
 *   -depth      +------------+
 *               | start time |
 *   -depth-8    +------------+
 *               | count      |   65535 at the start of the subprogram
 *   -depth-16   +------------+
 * </pre>
 *
 * When the count reaches 0, arch_bpf_timed_may_goto looks at the clock: ax holds the slot's stack
 * offset on the way in, the new count (0 to leave) on the way out.
 */
final class MayGoto {
  static final int STACK_BYTES = 16;
  private static final int MAX_TIMED_LOOPS = 0xffff;

  private MayGoto() {}

  /**
   * @param depth of the subprogram's stack, a multiple of 8, without the two slots
   */
  static void emit(Patch patch, long word, int depth) {
    int slot = -depth - STACK_BYTES;
    int off = InsnWord.off(word);
    patch.emit(Words.load(DW, AX, Words.FP, slot));
    patch.emitOld(Words.jumpImm(JEQ, AX, 0, off));
    patch.emit(Words.aluImm(SUB, AX, 1));
    patch.emit(Words.jumpImm(JNE, AX, 0, 2));
    patch.emit(Words.movImm(AX, slot));
    patch.emit(Words.call(KernelFunction.TIMED_MAY_GOTO));
    patch.emit(Words.store(DW, Words.FP, AX, slot));
  }

  /** Puts the initialisation before the first instruction of each subprogram that needs it. */
  static void initialize(Code code, boolean[] subprogs) {
    Patch patch = new Patch(code);
    for (int s = 0; s < code.subprogs; s++) {
      for (int i = code.starts[s]; i < code.starts[s + 1]; i++) {
        patch.begin(i);
        if (i == code.starts[s] && subprogs[s]) {
          patch.emit(Words.storeImm(DW, Words.FP, -code.depths[s], MAX_TIMED_LOOPS));
          patch.emit(Words.storeImm(DW, Words.FP, -code.depths[s] + 8, 0));
          patch.endPrologue();
        }
        patch.keep();
      }
    }
    patch.finish();
  }
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.program.ProgramType;
import dev.skep.program.layout.SkBuffLayout;

/**
 * What programs that write packets directly start with, so that a shared packet is copied first
 * (bpf_unclone_prologue).
 *
 * <pre>
 *   r6 = byte with the cloned bit; if not cloned, go on
 *   r6 = r1; r2 = 0; call skb_pull_data
 *   if r0 != 0 { w0 = verdict; exit }
 *   r1 = r6
 * </pre>
 */
final class Prologue {
  private static final int SKB_PULL_DATA = 39;
  private static final int TC_ACT_SHOT = 2;
  private static final int SK_DROP = 0;

  private Prologue() {}

  static void emit(ProgramType type, Patch patch) {
    switch (type) {
      case SCHED_CLS, SCHED_ACT, LWT_XMIT -> unclone(patch, TC_ACT_SHOT);
      case SK_SKB -> unclone(patch, SK_DROP);
      default -> {}
    }
  }

  private static void unclone(Patch patch, int verdict) {
    patch.emit(Words.load(B, 6, 1, SkBuffLayout.CLONED_OFFSET));
    patch.emit(Words.alu32Imm(AND, 6, SkBuffLayout.CLONED_MASK));
    patch.emit(Words.jumpImm(JEQ, 6, 0, 7));
    patch.emit(Words.movReg(6, 1));
    patch.emit(Words.aluReg(XOR, 2, 2));
    patch.emit(Words.call(SKB_PULL_DATA));
    patch.emit(Words.jumpImm(JEQ, 0, 0, 2));
    patch.emit(Words.mov32Imm(0, verdict));
    patch.emit(Words.EXIT_WORD);
    patch.emit(Words.movReg(1, 6));
    patch.endPrologue();
  }
}

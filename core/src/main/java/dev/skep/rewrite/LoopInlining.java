package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/**
 * Puts a loop in the place of bpf_loop calls whose callback is known and whose flags are 0
 * (optimize_bpf_loop).
 *
 * <pre>
 *   if r1 &lt;= 0x800000 goto +2        r6..r8 keep count, index and context
 *   w0 = -7; goto end               their old values are saved below the stack in use:
 *   save r6, r7, r8
 *   r6 = r1; w7 = 0; r8 = r3          -depth    +--------+
 *   again: if r7 &gt;= r6 goto done               |   r8   |
 *   r1 = r7; r2 = r8                            |   r7   |
 *   call callback                               |   r6   |
 *   r7 += 1                           -depth-24 +--------+
 *   if r0 == 0 goto again
 *   done: r0 = r7
 *   restore r6, r7, r8
 *   end:
 * </pre>
 */
final class LoopInlining {
  private static final int BPF_LOOP = 181;
  private static final int MAX_LOOPS = 8 * 1024 * 1024;
  private static final int E2BIG = 7;
  private static final int SAVED_BYTES = 24;

  private LoopInlining() {}

  static void run(Code code) {
    if (!any(code)) {
      return;
    }
    Patch patch = new Patch(code);
    for (int s = 0; s < code.subprogs; s++) {
      int depth = (code.depths[s] + 7) & -8;
      boolean inlined = false;
      for (int i = code.starts[s]; i < code.starts[s + 1]; i++) {
        patch.begin(i);
        if (fits(code, i)) {
          int callback = code.facts.inlineLoopCallback[code.origin[i]];
          inline(patch, -(depth + SAVED_BYTES), code.starts[callback]);
          inlined = true;
        } else {
          patch.keep();
        }
      }
      if (inlined) {
        code.depths[s] = depth + SAVED_BYTES;
      }
    }
    patch.finish();
  }

  private static boolean any(Code code) {
    for (int i = 0; i < code.length; i++) {
      if (fits(code, i)) {
        return true;
      }
    }
    return false;
  }

  private static boolean fits(Code code, int insn) {
    int origin = code.origin[insn];
    return Words.isHelperCall(code.insns[insn])
        && InsnWord.imm(code.insns[insn]) == BPF_LOOP
        && code.facts.inlineLoopFits[origin]
        && code.facts.inlineLoopCallback[origin] >= 0;
  }

  private static void inline(Patch patch, int saved, int callback) {
    patch.emit(Words.jumpImm(JLE, 1, MAX_LOOPS, 2));
    patch.emit(Words.mov32Imm(0, -E2BIG));
    patch.emit(Words.jump(16));
    for (int r = 0; r < 3; r++) {
      patch.emit(Words.store(DW, Words.FP, 6 + r, saved + 8 * r));
    }
    patch.emit(Words.movReg(6, 1));
    patch.emit(Words.mov32Imm(7, 0));
    patch.emit(Words.movReg(8, 3));
    patch.emit(Words.jumpReg(JGE, 7, 6, 5));
    patch.emit(Words.movReg(1, 7));
    patch.emit(Words.movReg(2, 8));
    patch.emitTo(InsnWord.of(CALL_CODE, 0, PSEUDO_CALL, 0, 0), callback);
    patch.emit(Words.aluImm(ADD, 7, 1));
    patch.emit(Words.jumpImm(JEQ, 0, 0, -6));
    patch.emit(Words.movReg(0, 7));
    for (int r = 0; r < 3; r++) {
      patch.emit(Words.load(DW, 6 + r, Words.FP, saved + 8 * r));
    }
  }
}

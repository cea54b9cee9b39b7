package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.program.Helpers;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;

/**
 * Finds the spills and fills that clang puts around calls marked bpf_fastcall, so that they can be
 * removed when the call turns out not to clobber the registers (mark_fastcall_patterns). Fills
 * {@link InsnFacts#fastcallPattern} and {@link InsnFacts#fastcallSpills}, and of each subprogram
 * the offset below which such slots lie and whether they must be kept.
 */
final class FastcallPatterns {
  private static final int STORE = STX | MEM | DW;
  private static final int LOAD = LDX | MEM | DW;
  private static final int CALLER_SAVED = 6;
  private static final int FP = 10;

  private FastcallPatterns() {}

  /**
   * Takes the slots of removable spills off the stacks of subprograms, before their sum is checked
   * (remove_fastcall_spills_fills).
   */
  static void shrinkStacks(Subprog[] subprogs, InsnFacts facts) {
    for (Subprog subprog : subprogs) {
      boolean modified = false;
      for (int i = subprog.start; i < subprog.end; i++) {
        modified |= facts.fastcallSpills[i] > 0;
      }
      if (modified && !subprog.keepFastcallStack) {
        subprog.stackDepth = -subprog.fastcallStackOff;
      }
    }
  }

  static void mark(
      Program program,
      AllowedHelpers helpers,
      CalledKfuncs kfuncs,
      Subprogs subprogs,
      InsnFacts facts) {
    long[] insns = program.insns();
    for (Subprog subprog : subprogs.all()) {
      int lowest = 0;
      for (int i = subprog.start; i < subprog.end; i++) {
        if (InsnWord.code(insns[i]) == STORE && InsnWord.dst(insns[i]) == FP) {
          lowest = Math.min(lowest, InsnWord.off(insns[i]));
        }
      }
      for (int i = subprog.start; i < subprog.end; i++) {
        if (Subprogs.isHelperCall(insns[i]) && helpers.allows(InsnWord.imm(insns[i]))) {
          int helper = InsnWord.imm(insns[i]);
          int spillable = spillable(helper, program.resolvedType());
          boolean fastcall = Helpers.isFastcall(helper, program.resolvedType());
          markCall(insns, i, spillable, fastcall, subprog, lowest, facts);
        }
        CalledKfuncs.Called kfunc = Subprogs.isKfuncCall(insns[i]) ? kfuncs.at(insns[i]) : null;
        if (kfunc != null && kfuncs.isAllowed(kfunc)) {
          boolean fastcall = kfunc.rules().isFastcall();
          markCall(insns, i, spillable(kfunc), fastcall, subprog, lowest, facts);
        }
      }
    }
  }

  private static void markCall(
      long[] insns,
      int call,
      int spillable,
      boolean fastcall,
      Subprog subprog,
      int lowest,
      InsnFacts facts) {
    int expected = spillable;
    int off = lowest;
    int i = 1;
    for (; i <= CALLER_SAVED; i++, off += 8) {
      if (call - i < 0 || call + i >= insns.length) {
        break;
      }
      long store = insns[call - i];
      long load = insns[call + i];
      int register = 1 << InsnWord.src(store);
      if (!isPair(store, load, off) || (register & expected) == 0) {
        break;
      }
      expected &= ~register;
      facts.fastcallPattern[call - i] = true;
      facts.fastcallPattern[call + i] = true;
    }
    if (i == 1) {
      return;
    }
    if (fastcall) {
      facts.fastcallSpills[call] = (byte) (i - 1);
    } else {
      subprog.keepFastcallStack = true;
    }
    subprog.fastcallStackOff = Math.min(subprog.fastcallStackOff, (short) off);
  }

  /** The caller-saved registers that a fastcall of the helper would keep. */
  private static int spillable(int helper, ProgramType type) {
    int first = Helpers.returnsVoid(helper) ? 1 : 0;
    int clobbered = (2 << Helpers.parameters(helper, type)) - (1 << first);
    return ~clobbered & (1 << CALLER_SAVED) - 1;
  }

  private static int spillable(CalledKfuncs.Called kfunc) {
    boolean returnsVoid = kfunc.btf().target(kfunc.proto()) == 0;
    int clobbered = (2 << kfunc.parameters()) - (1 << (returnsVoid ? 1 : 0));
    return ~clobbered & (1 << CALLER_SAVED) - 1;
  }

  private static boolean isPair(long store, long load, int off) {
    return InsnWord.code(store) == STORE
        && InsnWord.code(load) == LOAD
        && InsnWord.dst(store) == FP
        && InsnWord.src(load) == FP
        && InsnWord.src(store) == InsnWord.dst(load)
        && InsnWord.off(store) == off
        && InsnWord.off(load) == off;
  }
}

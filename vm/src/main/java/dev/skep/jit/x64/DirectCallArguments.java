package dev.skep.jit.x64;

import dev.skep.isa.InsnWord;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallImm;
import java.util.BitSet;

/**
 * Constants that are loaded into r2 and r3 for a direct tail call alone. It reads neither, its
 * target may not read them, and behind it the verifier lets nobody; so where nothing stands between
 * that could, they need not be loaded. A jump to the call, or to one of the loads, changes nothing
 * in that.
 */
final class DirectCallArguments {
  private static final int LD_IMM64 = 0x18;
  private static final int MOV64_K = 0xb7;
  private static final int MOV32_K = 0xb4;
  private static final int MOV64_X = 0xbf;
  private static final int CONTEXT = 1;
  private static final int MAP = 2;
  private static final int KEY = 3;

  private DirectCallArguments() {}

  /** Indexes of the loads, from the function's start on. */
  static BitSet unused(JitInput input, RunnableProgram.Function function) {
    BitSet unused = new BitSet();
    BitSet candidates = new BitSet();
    for (int i = function.start(); i < function.end(); i++) {
      long word = input.insns()[i];
      int code = InsnWord.code(word);
      if (code == RunnableProgram.TAIL_CALL_CODE && isDirect(input, word)) {
        unused.or(candidates);
      }
      if (loadsArgument(word)) {
        candidates.set(i - function.start());
      } else if (!copiesContext(word)) {
        candidates.clear();
      }
      i += code == LD_IMM64 ? 1 : 0;
    }
    return unused;
  }

  private static boolean isDirect(JitInput input, long word) {
    return TailCallImm.form(input.tailCalls(), InsnWord.imm(word)) == TailCallImm.Form.DIRECT;
  }

  private static boolean loadsArgument(long word) {
    int code = InsnWord.code(word);
    return (code == LD_IMM64 || code == MOV64_K || code == MOV32_K)
        && isArgument(InsnWord.dst(word));
  }

  /** mov r1, rX: often stands between. */
  private static boolean copiesContext(long word) {
    return InsnWord.code(word) == MOV64_X
        && InsnWord.off(word) == 0
        && InsnWord.dst(word) == CONTEXT
        && !isArgument(InsnWord.src(word));
  }

  private static boolean isArgument(int register) {
    return register == MAP || register == KEY;
  }
}

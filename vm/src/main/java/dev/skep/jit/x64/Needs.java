package dev.skep.jit.x64;

import dev.skep.isa.InsnWord;
import dev.skep.jit.Linkage;
import dev.skep.rewrite.RunnableProgram;

/**
 * What a program needs of its entry.
 *
 * @param upcalls it calls functions in Java
 * @param tailCalls it can go on in programs that are not known now
 * @param longRunning it has loops without a small bound, so that a garbage collection should not
 *     have to wait for it
 */
record Needs(boolean upcalls, boolean tailCalls, boolean longRunning) {
  private static final int CALL = 0x85;
  private static final int LD_IMM64 = 0x18;
  private static final int FUNCTION_SOURCE = 4;
  private static final int KFUNC_SOURCE = 2;

  /** What both need. */
  Needs with(Needs other) {
    return new Needs(
        upcalls || other.upcalls, tailCalls || other.tailCalls, longRunning || other.longRunning);
  }

  static Needs of(JitInput input, Linkage linkage) {
    boolean upcalls = false;
    boolean tailCalls = false;
    boolean longRunning = false;
    long[] insns = input.insns();
    int end = input.functions().getLast().end();
    for (int i = 0; i < end; i++) {
      long word = insns[i];
      switch (InsnWord.code(word)) {
        case CALL -> {
          if (InsnWord.src(word) == 0) {
            int number = InsnWord.imm(word);
            upcalls |= linkage.isUpcall(number);
            longRunning |= number == NativeHelper.TIMED_MAY_GOTO.number();
          }
          upcalls |= InsnWord.src(word) == KFUNC_SOURCE;
        }
        case RunnableProgram.TAIL_CALL_CODE -> tailCalls = true;
        case LD_IMM64 -> {
          longRunning |= InsnWord.src(word) == FUNCTION_SOURCE;
          i++;
        }
        default -> {
          // needs nothing
        }
      }
    }
    return new Needs(upcalls, tailCalls, longRunning);
  }
}

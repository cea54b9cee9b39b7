package dev.skep.interp;

import dev.skep.rewrite.RunnableProgram;

/**
 * Puts an observer into decoded code at no cost for other programs: each instruction that begins a
 * verified one moves behind the end, and a call of the observer takes its place.
 *
 * <pre>
 *   before   0: a   1: b
 *   after    0: OBSERVE, goto 2   1: OBSERVE, goto 4   2: a   3: goto 1   4: b   5: goto 2 (end)
 * </pre>
 */
final class Observation {
  private Observation() {}

  static Code of(Code code, RunnableProgram program, StepObserver observer) {
    int slots = code.op.length - 1;
    int observed = 0;
    for (int i = 0; i < slots; i++) {
      observed += isObserved(code, program, i) ? 1 : 0;
    }
    Code with =
        new Code(code.name, code.rewritten, slots + 3 * observed, code.functions, code.frameSizes);
    with.observer = observer;
    with.extensions = code.extensions;
    int end = slots;
    for (int i = 0; i < slots; i++) {
      if (isObserved(code, program, i)) {
        copy(code, i, with, end);
        with.op[end + 1] = Ops.UNREACHABLE;
        int behind = end + (code.op[i] == Ops.LDDW ? 2 : 1);
        with.op[behind] = Ops.JA;
        with.off[behind] = i + behind - end;
        with.op[i] = Ops.OBSERVE;
        with.off[i] = end;
        with.src[i] = Ops.CONSTANT;
        with.imm[i] = program.origin(i);
        end += 3;
      } else {
        copy(code, i, with, i);
      }
    }
    return with;
  }

  private static boolean isObserved(Code code, RunnableProgram program, int i) {
    return program.origin(i) >= 0 && code.op[i] != Ops.UNREACHABLE;
  }

  private static void copy(Code from, int i, Code to, int at) {
    to.op[at] = from.op[i];
    to.dst[at] = from.dst[i];
    to.src[at] = from.src[i];
    to.off[at] = from.off[i];
    to.imm[at] = from.imm[i];
  }
}

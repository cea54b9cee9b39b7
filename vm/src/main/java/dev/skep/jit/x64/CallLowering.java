package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.jit.Relocation.Kind;

/** Calls of helpers and subprograms. */
final class CallLowering {
  private static final int HELPER = 0;
  private static final int SUBPROGRAM = 1;
  private static final int KFUNC = 2;

  private final FunctionCode f;
  private final X64Assembler asm;
  private final TailCallLowering tailCalls;

  CallLowering(FunctionCode f, TailCallLowering tailCalls) {
    this.f = f;
    this.asm = f.asm;
    this.tailCalls = tailCalls;
  }

  void call(long word) {
    int imm = InsnWord.imm(word);
    switch (InsnWord.src(word)) {
      case HELPER -> call(Kind.CALL_HELPER, imm);
      case KFUNC -> call(Kind.CALL_KFUNC, imm);
      case SUBPROGRAM -> {
        if (f.function.tailCallReachable()) {
          tailCalls.beforeSubprogramCall();
        }
        // A call of what is gone is never reached; its target is of no matter.
        int callee = f.input.functionAt(f.function.start() + f.current + imm);
        call(Kind.CALL_FUNCTION, Math.max(callee, 0));
      }
      default -> throw new UnsupportedException("jit of call kind " + InsnWord.src(word));
    }
  }

  private void call(Kind kind, int operand) {
    if (f.privateStack) {
      asm.push(Gpr.R9);
    }
    asm.call(0);
    f.relocation(kind, 4, operand);
    if (f.privateStack) {
      asm.pop(Gpr.R9);
    }
  }
}

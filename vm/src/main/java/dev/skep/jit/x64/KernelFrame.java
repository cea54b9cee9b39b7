package dev.skep.jit.x64;

import dev.skep.jit.Relocation.Kind;

/** Prologue, epilogue and return of one function as the kernel has them. */
final class KernelFrame implements FrameLowering {
  /** MAX_TAIL_CALL_CNT. */
  static final int TAIL_CALL_LIMIT = 33;

  private static final int[] CALLEE_SAVED = {Gpr.RBX, Gpr.R13, Gpr.R14, Gpr.R15};
  private static final int FIRST_CALLEE_SAVED = 6;
  private static final int ALL_CALLEE_SAVED = 0x3c0;

  private final FunctionCode f;
  private final KernelLayout layout;
  private final X64Assembler asm;

  KernelFrame(FunctionCode f, KernelLayout layout) {
    this.f = f;
    this.layout = layout;
    this.asm = f.asm;
  }

  /** What a function starts with (emit_prologue). */
  @Override
  public void prologue() {
    boolean main = f.index == 0;
    boolean counts = f.function.tailCallReachable();
    if (layout.ibt()) {
      asm.endbr64();
    }
    asm.nop(5);
    if (counts && main) {
      asm.alu(AluOp.XOR, 1, Gpr.RAX, Gpr.RAX);
    } else {
      asm.nop(3);
    }
    if (f.function.exceptionCallback()) {
      adoptFrame();
    } else {
      asm.push(Gpr.RBP);
      asm.move(1, Gpr.RBP, Gpr.RSP);
    }
    if (layout.ibt()) {
      asm.endbr64();
    }
    if (f.frameBytes() > 0) {
      asm.aluImmediate32(AluOp.SUB, 1, Gpr.RSP, f.frameBytes());
    }
    if (counts) {
      tailCallCounter(main);
    }
    pushCalleeSaved();
    bases();
  }

  /** An exception callback runs on the frame of the function that it ends. */
  private void adoptFrame() {
    asm.move(1, Gpr.RSP, Gpr.RSI);
    asm.move(1, Gpr.RBP, Gpr.RDX);
    for (int i = CALLEE_SAVED.length - 1; i >= 0; i--) {
      asm.pop(CALLEE_SAVED[i]);
    }
    asm.pop(Gpr.R12);
    asm.move(1, Gpr.RSP, Gpr.RBP);
  }

  /**
   * Two slots below the frame: the counter, or a copy of the caller's pointer, and the pointer to
   * the counter. rax is 0 at the first entry and a pointer, so greater than the limit, later.
   */
  private void tailCallCounter(boolean main) {
    if (main) {
      asm.aluImmediate(AluOp.CMP, 1, Gpr.RAX, TAIL_CALL_LIMIT);
      asm.jumpIfShort(Condition.ABOVE, 6);
      asm.push(Gpr.RAX);
      asm.move(1, Gpr.RAX, Gpr.RSP);
      asm.jumpShort(1);
      asm.push(Gpr.RAX);
      asm.push(Gpr.RAX);
    } else {
      asm.push(Gpr.RAX);
      asm.push(Gpr.RAX);
    }
  }

  private boolean savesR12() {
    return f.function.exceptionBoundary() || f.input.hasArena();
  }

  private int saved() {
    return f.function.exceptionBoundary() ? ALL_CALLEE_SAVED : f.calleeUsed;
  }

  private void pushCalleeSaved() {
    if (savesR12()) {
      asm.push(Gpr.R12);
    }
    int saved = saved();
    for (int i = 0; i < CALLEE_SAVED.length; i++) {
      if ((saved >> FIRST_CALLEE_SAVED + i & 1) != 0) {
        asm.push(CALLEE_SAVED[i]);
      }
    }
  }

  /** Restores what the prologue pushed. */
  void popCalleeSaved() {
    int saved = saved();
    for (int i = CALLEE_SAVED.length - 1; i >= 0; i--) {
      if ((saved >> FIRST_CALLEE_SAVED + i & 1) != 0) {
        asm.pop(CALLEE_SAVED[i]);
      }
    }
    if (savesR12()) {
      asm.pop(Gpr.R12);
    }
  }

  private void bases() {
    if (f.input.hasArena()) {
      MoveLowering.constant(asm, Gpr.R12, f.input.arenaKernelStart());
      f.relocation(Kind.ARENA, 8, 0);
    }
    if (f.privateStack) {
      asm.moveImmediate64(Gpr.R9, 0);
      f.relocation(Kind.PRIVATE_STACK, 8, 0);
      asm.addGs(Gpr.R9, layout.perCpuBaseDisp());
      f.relocation(Kind.PER_CPU, 4, 0);
    }
  }

  @Override
  public void epilogue() {
    popCalleeSaved();
    asm.leave();
    if (layout.returnThunk()) {
      asm.jumpNear(0);
      f.relocation(Kind.RETURN_THUNK, 4, 0);
    } else {
      asm.ret();
      if (layout.straightLineStop()) {
        asm.breakpoint();
      }
    }
  }

  @Override
  public boolean everyExit() {
    return false;
  }
}

package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.rewrite.RunnableProgram;

/**
 * Frames of the userspace layout. A function that tail calls has none of its own: a stub in front
 * of it makes one that all programs of a chain use one after the other.
 *
 * <pre>
 *   tail calls itself               only its subprograms do        no tail call
 *   entry: push all callee-saved    entry: push r12                entry:
 *          rbp = rsp                       r12 = 33                body:  push rbp; rbp = rsp
 *          reserve the frame               call body                      reserve its stack
 *          r12 = 33 (main only)            pop r12; ret                   push what it uses
 *          call body                body:  as without tail call           ...
 *          release, pop, ret                                              undo; ret
 *   body:  ...; ret
 * </pre>
 *
 * Entry is a C function of the context; body is where tail calls arrive, with the tail calls left
 * in r12, a return address to the stub that made the frame, and above it {@link #FRAME_BYTES} up to
 * rbp. A main program reserves them at once; a subprogram its own stack only, and the rest when it
 * takes a tail call. Subprograms get r12 from their callers; all else keeps it, as C does. r9 may
 * hold this CPU's base, see {@link PerCpuBase}.
 *
 * <p>Native stack of one entry: between two tail calls that are taken lie at most eight functions
 * with less than 256 bytes of stack of their own (check_max_stack_depth), at most 48 more each by
 * the rewrites and 64 by call and saved registers, and the frame that the second one grows: 1.7 kB.
 * 34 times that, and once more for the program that an extension runs in, is {@link #MAX_STACK}.
 */
final class UserFrame implements FrameLowering {
  /** Tail calls left of one entry; no BPF register lives here. */
  static final int COUNTER = Gpr.R12;

  /** Tail calls of one entry. */
  static final int TAIL_CALL_LIMIT = 33;

  /**
   * Bytes of stack for whatever program comes: MAX_BPF_STACK, and what the rewrites add for
   * may_goto and inlined bpf_loop.
   */
  static final int FRAME_BYTES = 512 + 64;

  /**
   * Bytes that a chain of 34 programs, each with subprograms, takes at most, below a program whose
   * function is an extension.
   */
  static final int MAX_STACK = 35 * (256 + 8 * (48 + 64) + FRAME_BYTES);

  private static final int CALL_BYTES = 5;
  private static final int FRAME_POINTER = 10;
  private static final int FIRST_CALLEE_SAVED = 6;
  private static final int[] CALLEE_SAVED = {Gpr.RBX, Gpr.R13, Gpr.R14, Gpr.R15};

  private final FunctionCode f;
  private final X64Assembler asm;
  private final boolean tailCalls;
  private final boolean counts;
  private final boolean framePointer;

  UserFrame(FunctionCode f) {
    this.f = f;
    this.asm = f.asm;
    tailCalls = hasTailCall(f);
    counts = f.index == 0 && (tailCalls || f.function.tailCallReachable());
    framePointer = f.uses(FRAME_POINTER);
    if (tailCalls && f.roundedStackDepth() > FRAME_BYTES) {
      throw new UnsupportedException("tail call from a frame of " + f.function.stackDepth());
    }
    if (f.input.hasArena()) {
      throw new UnsupportedException("jit of ARENA inside a process");
    }
  }

  private static boolean hasTailCall(FunctionCode f) {
    for (int i = f.function.start(); i < f.function.end(); i++) {
      if (InsnWord.code(f.input.insns()[i]) == RunnableProgram.TAIL_CALL_CODE) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void prologue() {
    if (tailCalls) {
      sharedFrame();
    } else if (counts) {
      asm.push(COUNTER);
      callBody();
      asm.pop(COUNTER);
      asm.ret();
    }
    align();
    f.body = f.buffer.position();
    if (!tailCalls) {
      ownFrame();
    }
    if (f.perCpuBase != null && f.perCpuBase.loadsOnce()) {
      f.loadPerCpuBase();
    }
  }

  private void sharedFrame() {
    asm.push(Gpr.RBP);
    for (int register : CALLEE_SAVED) {
      asm.push(register);
    }
    if (counts) {
      asm.push(COUNTER);
    }
    asm.move(1, Gpr.RBP, Gpr.RSP);
    int reserved = f.index == 0 ? FRAME_BYTES : f.roundedStackDepth();
    if (reserved > 0) {
      asm.aluImmediate(AluOp.SUB, 1, Gpr.RSP, reserved);
    }
    callBody();
    asm.move(1, Gpr.RSP, Gpr.RBP);
    if (counts) {
      asm.pop(COUNTER);
    }
    for (int i = CALLEE_SAVED.length - 1; i >= 0; i--) {
      asm.pop(CALLEE_SAVED[i]);
    }
    asm.pop(Gpr.RBP);
    asm.ret();
  }

  /**
   * Makes the frame of a subprogram large enough for the program that takes its place: the return
   * address moves down. rax is used.
   */
  void growForCallee() {
    resize(AluOp.SUB);
  }

  /** Takes {@link #growForCallee} back. */
  void shrink() {
    resize(AluOp.ADD);
  }

  private void resize(AluOp op) {
    if (f.index != 0) {
      asm.pop(Gpr.RAX);
      asm.aluImmediate(op, 1, Gpr.RSP, FRAME_BYTES - f.roundedStackDepth());
      asm.push(Gpr.RAX);
    }
  }

  private void callBody() {
    if (counts) {
      asm.moveImmediate32(COUNTER, TAIL_CALL_LIMIT);
    }
    // The body of the pass before; in the last pass that is where it stays.
    asm.call(f.body - (f.buffer.position() + CALL_BYTES));
  }

  private void align() {
    while (f.buffer.position() % UserLayout.ALIGNMENT != 0) {
      asm.breakpoint();
    }
  }

  private void ownFrame() {
    if (framePointer) {
      asm.push(Gpr.RBP);
      asm.move(1, Gpr.RBP, Gpr.RSP);
      if (f.frameBytes() > 0) {
        asm.aluImmediate(AluOp.SUB, 1, Gpr.RSP, f.frameBytes());
      }
    }
    for (int i = 0; i < CALLEE_SAVED.length; i++) {
      if (f.uses(FIRST_CALLEE_SAVED + i)) {
        asm.push(CALLEE_SAVED[i]);
      }
    }
  }

  @Override
  public void epilogue() {
    if (!tailCalls) {
      for (int i = CALLEE_SAVED.length - 1; i >= 0; i--) {
        if (f.uses(FIRST_CALLEE_SAVED + i)) {
          asm.pop(CALLEE_SAVED[i]);
        }
      }
      if (framePointer) {
        asm.leave();
      }
    }
    asm.ret();
  }

  @Override
  public boolean everyExit() {
    return true;
  }
}

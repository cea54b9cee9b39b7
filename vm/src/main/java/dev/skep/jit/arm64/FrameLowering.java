package dev.skep.jit.arm64;

import dev.skep.jit.Relocation.Kind;

/** Prologue, epilogue and the stub behind them. */
final class FrameLowering {
  private static final int[] BPF_CALLEE_SAVED = {19, 20, 21, 22, A64Reg.BPF_FP};
  private static final int FIRST_BPF_CALLEE_SAVED = 6;

  /** x19 to x28: what an exception boundary saves, so that its callback can restore all. */
  private static final int[] ALL_CALLEE_SAVED = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28};

  /** The boundary's five pairs and its frame record lie between its x29 and the callback. */
  private static final int BOUNDARY_BYTES = 96;

  private static final int PRIVATE_STACK_GUARD = 16;

  /** mov x10, x30; mov x30, x9; ret x10: what the stub leads to while nothing is attached. */
  private static final int STUB_LOAD = 0x5800004a;

  private final A64Function f;
  private final A64Assembler asm;
  private final Constants constants;
  private final int[] saved;

  FrameLowering(A64Function f, Constants constants) {
    this.f = f;
    this.asm = f.asm;
    this.constants = constants;
    this.saved = saved(f);
  }

  /** Registers to save, in order, padded to pairs with the zero register. */
  private static int[] saved(A64Function f) {
    if (f.function.exceptionBoundary() || f.function.exceptionCallback()) {
      return ALL_CALLEE_SAVED;
    }
    int[] list = new int[BPF_CALLEE_SAVED.length + 3];
    int count = 0;
    for (int i = 0; i < BPF_CALLEE_SAVED.length; i++) {
      if ((f.calleeUsed >> FIRST_BPF_CALLEE_SAVED + i & 1) != 0) {
        list[count++] = BPF_CALLEE_SAVED[i];
      }
    }
    if (f.privateStack && f.usesFramePointer()) {
      list[count++] = A64Reg.PRIVATE_STACK;
    }
    if (f.input.arena()) {
      list[count++] = A64Reg.ARENA;
    }
    if (count % 2 != 0) {
      list[count++] = A64Reg.ZR;
    }
    return java.util.Arrays.copyOf(list, count);
  }

  void prologue() {
    if (f.layout.bti()) {
      asm.word(A64Assembler.BTI_JC);
    }
    // The place that tracers patch: a call there leaves the caller's return address in x9.
    constants.register(1, A64Reg.AX, A64Reg.LR);
    asm.word(A64Assembler.NOP);
    if (f.function.exceptionCallback()) {
      adoptFrame();
    } else {
      pushFrame();
    }
    base();
    if (f.input.arena()) {
      address(A64Reg.ARENA, f.input.arenaKernelStart(), Kind.ARENA);
    }
  }

  private void pushFrame() {
    if (f.layout.pac()) {
      asm.word(A64Assembler.PACIASP);
    }
    asm.push(A64Reg.FP, A64Reg.LR);
    stackPointerInto(A64Reg.FP);
    if (f.index == 0) {
      asm.push(A64Reg.ZR, A64Reg.TAIL_CALL_COUNTER);
      stackPointerInto(A64Reg.TAIL_CALL_COUNTER);
      if (f.layout.bti()) {
        asm.word(A64Assembler.BTI_J);
      }
    } else {
      asm.push(A64Reg.TAIL_CALL_COUNTER, A64Reg.TAIL_CALL_COUNTER);
    }
    for (int i = 0; i < saved.length; i += 2) {
      asm.push(saved[i], saved[i + 1]);
    }
  }

  private void stackPointerInto(int register) {
    asm.addend(A64Assembler.ADD_IMM, 1, register, A64Reg.SP, 0);
  }

  /** An exception callback runs on the frame of the function that it ends; x2 points there. */
  private void adoptFrame() {
    constants.register(1, A64Reg.FP, 2);
    asm.addend(A64Assembler.SUB_IMM, 1, A64Reg.SP, A64Reg.FP, BOUNDARY_BYTES);
  }

  /** Sets the BPF frame pointer and makes room below it. */
  private void base() {
    boolean special = f.function.exceptionBoundary() || f.function.exceptionCallback();
    if (f.usesFramePointer() || special) {
      if (f.privateStack) {
        privateStack();
      } else {
        stackPointerInto(A64Reg.BPF_FP);
      }
    }
    if (f.frameBytes() > 0) {
      asm.addend(A64Assembler.SUB_IMM, 1, A64Reg.SP, A64Reg.SP, f.frameBytes());
    }
  }

  private void privateStack() {
    address(
        A64Reg.PRIVATE_STACK, f.input.privateStackBase() + PRIVATE_STACK_GUARD, Kind.PRIVATE_STACK);
    asm.word(f.layout.perCpuBase().read | A64Reg.TMP1);
    asm.registers(A64Assembler.ADD, 1, A64Reg.PRIVATE_STACK, A64Reg.PRIVATE_STACK, A64Reg.TMP1);
    asm.addend(A64Assembler.ADD_IMM, 1, A64Reg.BPF_FP, A64Reg.PRIVATE_STACK, f.stackBytes());
  }

  private void address(int register, long address, Kind kind) {
    int start = asm.position();
    constants.move64(register, address);
    f.relocation(kind, asm.position() - start, 0);
  }

  /** Gives the frame back up to the counter: what a tail call does before it jumps. */
  void dropFrame() {
    if (f.frameBytes() > 0) {
      asm.addend(A64Assembler.ADD_IMM, 1, A64Reg.SP, A64Reg.SP, f.frameBytes());
    }
    for (int i = saved.length - 2; i >= 0; i -= 2) {
      asm.pop(saved[i], saved[i + 1]);
    }
  }

  void epilogue() {
    dropFrame();
    asm.pop(A64Reg.ZR, A64Reg.TAIL_CALL_COUNTER);
    asm.pop(A64Reg.FP, A64Reg.LR);
    constants.register(1, 0, f.r0());
    if (f.layout.pac()) {
      asm.word(A64Assembler.AUTIASP);
    }
    asm.word(A64Assembler.RET);
  }

  /** Jumps to the address in the 8 aligned bytes that follow; the code's last words. */
  void farTargetStub() {
    if (asm.position() % 2 != 0) {
      asm.word(A64Assembler.NOP);
    }
    asm.word(STUB_LOAD);
    asm.branchRegister(A64Reg.TMP1);
  }
}

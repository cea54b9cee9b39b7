package dev.skep.jit.x64;

import static dev.skep.jit.x64.Gpr.R10;
import static dev.skep.jit.x64.Gpr.R12;
import static dev.skep.jit.x64.Gpr.R13;
import static dev.skep.jit.x64.Gpr.R14;
import static dev.skep.jit.x64.Gpr.R15;
import static dev.skep.jit.x64.Gpr.R9;
import static dev.skep.jit.x64.Gpr.RAX;
import static dev.skep.jit.x64.Gpr.RBP;
import static dev.skep.jit.x64.Gpr.RBX;
import static dev.skep.jit.x64.Gpr.RCX;
import static dev.skep.jit.x64.Gpr.RDX;
import static dev.skep.jit.x64.Gpr.RSI;
import static dev.skep.jit.x64.Gpr.RSP;

import dev.skep.natives.PerCpuRegion;

/**
 * How Java enters compiled code. An image by itself is a C function of the context; these routines
 * are between, where a program needs this CPU's area in gs, or may call back into Java.
 *
 * <p>Setting gs costs as much as several calls, so it stays set when a run ends: the next one on
 * this thread and CPU only compares. Nothing else in a Java process uses gs (the C library and the
 * JVM use fs). Runs inside runs may leave another value; so a call of Java puts its own back.
 */
final class EntryRoutines {
  private static final int[] CALLEE_SAVED = {RBP, RBX, R12, R13, R14, R15};

  private EntryRoutines() {}

  /** (rdi = context, rsi = image, rdx = this CPU's base). */
  static byte[] perCpu() {
    Routine r = new Routine();
    setBase(r, RDX);
    r.asm.jumpRegister(RSI);
    return r.finish();
  }

  /** Makes {@code base} the gs base; rax is used. */
  private static void setBase(Routine r, int base) {
    int same = 0;
    r.asm.readGsBase(RAX);
    r.asm.alu(AluOp.CMP, 1, RAX, base);
    r.labels.jumpIf(Condition.EQUAL, same);
    r.asm.writeGsBase(base);
    r.labels.bind(same);
  }

  /**
   * As {@link #perCpu}, and what it calls may be ended early. Its frame, from the address in {@link
   * PerCpuHeader#ENTRY_FRAME} up: that of the entry outside, the saved registers.
   */
  static byte[] guarded() {
    return guarded(new Routine(), RSI, RDX);
  }

  /** (rdi, rsi, rdx, rcx, r8 = five arguments, r9 = function, stack = this CPU's base). */
  static byte[] guardedCallback() {
    Routine r = new Routine();
    int stackArgument = 8;
    r.load64(R10, RSP, stackArgument);
    return guarded(r, R9, R10);
  }

  private static byte[] guarded(Routine r, int target, int base) {
    X64Assembler asm = r.asm;
    int noStack = 1;
    setBase(r, base);
    checkStack(r, noStack);
    for (int register : CALLEE_SAVED) {
      asm.push(register);
    }
    asm.pushGs(PerCpuHeader.ENTRY_FRAME);
    asm.storeGs(1, PerCpuHeader.ENTRY_FRAME, RSP);
    // A function that Java calls back has no tail calls left; an entry of a program sets its own.
    asm.alu(AluOp.XOR, 0, R12, R12);
    asm.callRegister(target);
    leaveGuarded(asm);
    r.labels.bind(noStack);
    asm.storeGs(1, PerCpuHeader.STACK_OWNER, RAX);
    asm.storeGsImmediate(PerCpuHeader.FAILED, PerCpuHeader.NO_STACK);
    asm.ret();
    return r.finish();
  }

  /**
   * Java code that is called back must find stack: a stack overflow while it is entered would end
   * the JVM. rax = fs base.
   */
  private static void checkStack(Routine r, int noStack) {
    r.asm.readFsBase(RAX);
    r.asm.compareWithGs(RAX, PerCpuHeader.STACK_OWNER);
    r.labels.jumpIf(Condition.NOT_EQUAL, noStack);
    r.asm.compareWithGs(RSP, PerCpuHeader.STACK_LIMIT);
    r.labels.jumpIf(Condition.BELOW, noStack);
  }

  /** Ends the innermost guarded entry with result 0, from wherever the stack is. */
  static byte[] abort() {
    Routine r = new Routine();
    r.asm.loadGs(1, RSP, PerCpuHeader.ENTRY_FRAME);
    r.asm.alu(AluOp.XOR, 0, RAX, RAX);
    leaveGuarded(r.asm);
    return r.finish();
  }

  private static void leaveGuarded(X64Assembler asm) {
    asm.popGs(PerCpuHeader.ENTRY_FRAME);
    for (int i = CALLEE_SAVED.length - 1; i >= 0; i--) {
      asm.pop(CALLEE_SAVED[i]);
    }
    asm.ret();
  }

  /**
   * A function that Java implements, for calls from BPF: five arguments stay where they are, the
   * CPU's number is the sixth. When Java threw, the run ends.
   *
   * @param upcall what to call
   * @param abort address of {@link #abort}
   */
  static byte[] javaFunction(long upcall, long abort) {
    Routine r = new Routine();
    X64Assembler asm = r.asm;
    int failed = 1;
    int ownBase = 16;
    r.alignedFrame(ownBase);
    asm.storeGs(1, PerCpuHeader.CALL_FRAME, RBP);
    asm.readGsBase(RAX);
    r.store64(RSP, 0, RAX);
    asm.loadGs(0, R9, PerCpuRegion.CPU_NUMBER_OFFSET);
    r.callC(upcall);
    r.load64(RCX, RSP, 0);
    asm.move(1, RDX, RAX);
    setBase(r, RCX);
    asm.move(1, RAX, RDX);
    asm.leave();
    asm.compareGs(PerCpuHeader.FAILED, 0);
    r.labels.jumpIf(Condition.NOT_EQUAL, failed);
    asm.ret();
    r.labels.bind(failed);
    asm.moveImmediate64(RAX, abort);
    asm.jumpRegister(RAX);
    return r.finish();
  }
}

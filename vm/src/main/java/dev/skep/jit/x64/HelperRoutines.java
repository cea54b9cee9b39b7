package dev.skep.jit.x64;

import static dev.skep.jit.x64.Gpr.R10;
import static dev.skep.jit.x64.Gpr.R13;
import static dev.skep.jit.x64.Gpr.R14;
import static dev.skep.jit.x64.Gpr.R8;
import static dev.skep.jit.x64.Gpr.RAX;
import static dev.skep.jit.x64.Gpr.RBP;
import static dev.skep.jit.x64.Gpr.RBX;
import static dev.skep.jit.x64.Gpr.RCX;
import static dev.skep.jit.x64.Gpr.RDI;
import static dev.skep.jit.x64.Gpr.RDX;
import static dev.skep.jit.x64.Gpr.RSI;
import static dev.skep.jit.x64.Gpr.RSP;

import dev.skep.natives.NativeCode;
import dev.skep.natives.PerCpuRegion;

/** Helpers that need no Java, as machine code; arguments rdi, rsi, rdx, rcx, r8, result rax. */
final class HelperRoutines {
  private static final int NANOS_PER_SECOND = 1_000_000_000;
  private static final int TIMED_LOOPS = 0xffff;
  private static final int TIME_SLICE_NANOS = NANOS_PER_SECOND / 4;
  private static final int MAX_LOOPS = 1 << 23;
  private static final int EINVAL = 22;
  private static final int E2BIG = 7;

  private HelperRoutines() {}

  /** Nanoseconds of a clock of clock_gettime(2). */
  static byte[] clock(int clock) {
    Routine r = new Routine();
    r.alignedFrame(16);
    readClock(r, clock);
    r.asm.leave();
    r.asm.ret();
    return r.finish();
  }

  /** rax = nanoseconds; 16 bytes at the stack pointer are used. */
  private static void readClock(Routine r, int clock) {
    r.asm.moveImmediate32(RDI, clock);
    r.asm.move(1, RSI, RSP);
    r.callC(NativeCode.function("clock_gettime"));
    r.load64(RAX, RSP, 0);
    r.asm.multiplyImmediate(1, RAX, NANOS_PER_SECOND);
    r.load64(RCX, RSP, 8);
    r.asm.alu(AluOp.ADD, 1, RAX, RCX);
  }

  /** bpf_get_smp_processor_id. */
  static byte[] cpuNumber() {
    Routine r = new Routine();
    r.asm.loadGs(0, RAX, PerCpuRegion.CPU_NUMBER_OFFSET);
    r.asm.ret();
    return r.finish();
  }

  /** bpf_get_prandom_u32: the upper half of a xorshift64* generator per CPU. */
  static byte[] random() {
    Routine r = new Routine();
    X64Assembler asm = r.asm;
    asm.loadGs(1, RAX, PerCpuHeader.RANDOM);
    xorShift(asm, 5, 12);
    xorShift(asm, 4, 25);
    xorShift(asm, 5, 27);
    asm.storeGs(1, PerCpuHeader.RANDOM, RAX);
    asm.moveImmediate64(RCX, 0x2545F4914F6CDD1DL);
    asm.multiply(1, RAX, RCX);
    asm.shiftImmediate(1, 5, RAX, 32);
    asm.ret();
    return r.finish();
  }

  private static void xorShift(X64Assembler asm, int digit, int count) {
    asm.move(1, RCX, RAX);
    asm.shiftImmediate(1, digit, RCX, count);
    asm.alu(AluOp.XOR, 1, RAX, RCX);
  }

  /** bpf_loop(count, callback, context, flags); r12, the counter of tail calls, is let be. */
  static byte[] loop() {
    Routine r = new Routine();
    X64Assembler asm = r.asm;
    int again = 0;
    int done = 1;
    int badFlags = 2;
    int tooMany = 3;
    asm.test(1, RCX, RCX);
    r.labels.jumpIf(Condition.NOT_EQUAL, badFlags);
    asm.aluImmediate(AluOp.CMP, 0, RDI, MAX_LOOPS);
    r.labels.jumpIf(Condition.ABOVE, tooMany);
    asm.push(RBX);
    asm.push(R14);
    asm.push(R13);
    asm.push(RBP);
    asm.move(0, R14, RDI);
    asm.move(1, R13, RSI);
    asm.move(1, RBP, RDX);
    asm.alu(AluOp.XOR, 0, RBX, RBX);
    r.labels.bind(again);
    asm.alu(AluOp.CMP, 0, RBX, R14);
    r.labels.jumpIf(Condition.ABOVE_OR_EQUAL, done);
    asm.move(0, RDI, RBX);
    asm.move(1, RSI, RBP);
    asm.callRegister(R13);
    asm.aluImmediate(AluOp.ADD, 0, RBX, 1);
    asm.test(1, RAX, RAX);
    r.labels.jumpIf(Condition.EQUAL, again);
    r.labels.bind(done);
    asm.move(0, RAX, RBX);
    asm.pop(RBP);
    asm.pop(R13);
    asm.pop(R14);
    asm.pop(RBX);
    asm.ret();
    r.labels.bind(badFlags);
    asm.moveSigned32(RAX, -EINVAL);
    asm.ret();
    r.labels.bind(tooMany);
    asm.moveSigned32(RAX, -E2BIG);
    asm.ret();
    return r.finish();
  }

  /**
   * arch_bpf_timed_may_goto: r10 holds the frame offset of the loop's counter and stamp; the new
   * count comes back in r10, all BPF registers are kept (bpf_check_timed_may_goto).
   */
  static byte[] timedMayGoto(int clock) {
    Routine r = new Routine();
    X64Assembler asm = r.asm;
    int[] kept = {RAX, RDI, RSI, RDX, RCX, R8};
    for (int register : kept) {
      asm.push(register);
    }
    asm.alu(AluOp.ADD, 1, R10, RBP);
    asm.push(R10);
    r.alignedFrame(16);
    readClock(r, clock);
    asm.leave();
    asm.pop(R10);
    timedCount(r);
    for (int i = kept.length - 1; i >= 0; i--) {
      asm.pop(kept[i]);
    }
    asm.ret();
    return r.finish();
  }

  /** rax = now, r10 = counter and stamp; gives r10 = new count. */
  private static void timedCount(Routine r) {
    X64Assembler asm = r.asm;
    int started = 0;
    int refresh = 1;
    int end = 2;
    r.load64(RCX, R10, 8);
    asm.test(1, RCX, RCX);
    r.labels.jumpIf(Condition.NOT_EQUAL, started);
    r.store64(R10, 8, RAX);
    r.labels.jump(refresh);
    r.labels.bind(started);
    asm.alu(AluOp.SUB, 1, RAX, RCX);
    asm.alu(AluOp.XOR, 0, R10, R10);
    asm.aluImmediate(AluOp.CMP, 1, RAX, TIME_SLICE_NANOS);
    r.labels.jumpIf(Condition.ABOVE_OR_EQUAL, end);
    r.labels.bind(refresh);
    asm.moveImmediate32(R10, TIMED_LOOPS);
    r.labels.bind(end);
  }
}

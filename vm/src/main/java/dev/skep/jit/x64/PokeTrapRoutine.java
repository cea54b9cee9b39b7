package dev.skep.jit.x64;

import static dev.skep.jit.x64.Gpr.R10;
import static dev.skep.jit.x64.Gpr.R8;
import static dev.skep.jit.x64.Gpr.R9;
import static dev.skep.jit.x64.Gpr.RAX;
import static dev.skep.jit.x64.Gpr.RCX;
import static dev.skep.jit.x64.Gpr.RDI;
import static dev.skep.jit.x64.Gpr.RDX;
import static dev.skep.jit.x64.Gpr.RSI;

import dev.skep.natives.SignalAction;

/**
 * The signal handler of {@link PokeTrap} in machine code: it may run on any thread at any
 * instruction of compiled code, where no Java could. The kernel has saved all registers, vectors
 * too, and left the red zone below the stack pointer alone.
 *
 * <p>It reads the words of {@link PokeTrap}, whose writer never waits for it.
 */
final class PokeTrapRoutine {
  /** Counts changes of the words that follow. */
  static final int SEQUENCE = 0;

  /** Address of the breakpoint of now, or 0. */
  static final int SITE = 8;

  /** Where what stands there leads to. */
  static final int RESUME = 16;

  /** The first {@link #RANGE_SIZE} block, or 0. */
  static final int RANGES = 24;

  /** The handler before this one. */
  static final int PREVIOUS = 32;

  /** A struct sigaction of zeros: the default. */
  static final int DEFAULT_ACTION = 40;

  static final int SIZE = DEFAULT_ACTION + 32;

  /** A range of text: its first address, the one past it, and the next range. */
  static final int RANGE_START = 0;

  static final int RANGE_END = 8;
  static final int RANGE_NEXT = 16;
  static final int RANGE_SIZE = 24;

  /** offsetof(siginfo_t, si_code), and its value for a breakpoint: not sent by anyone. */
  private static final int SI_CODE = 8;

  private static final int SI_KERNEL = 0x80;

  /** offsetof(ucontext_t, uc_mcontext.gregs[REG_RIP]). */
  private static final int CONTEXT_RIP = 168;

  private static final int BREAKPOINT = 0xcc;
  private static final int SYS_RT_SIGACTION = 13;
  private static final int SYS_RT_SIGRETURN = 15;
  private static final int SYS_GETPID = 39;
  private static final int SYS_GETTID = 186;
  private static final int SYS_TGKILL = 234;

  private static final int LOOKUP = 0;
  private static final int MISS = 1;
  private static final int NEXT_RANGE = 2;
  private static final int ADVANCE = 3;
  private static final int OURS = 4;
  private static final int RETRY = 5;
  private static final int FOREIGN = 6;
  private static final int CHAIN = 7;
  private static final int BY_DEFAULT = 8;
  private static final int SENT = 9;

  private final Routine r = new Routine();

  private PokeTrapRoutine() {}

  /**
   * (edi = signal, rsi = siginfo, rdx = ucontext).
   *
   * @param words address of the words above
   */
  static byte[] handler(long words) {
    return new PokeTrapRoutine().handlerAt(words);
  }

  /** What a handler returns to: the bytes by which unwinders know a signal frame. */
  static byte[] restorer() {
    Routine r = new Routine();
    r.asm.moveSigned32(RAX, SYS_RT_SIGRETURN);
    r.asm.syscall();
    return r.finish();
  }

  private byte[] handlerAt(long words) {
    r.asm.moveImmediate64(R8, words);
    compareCode();
    r.labels.jumpFarIf(Condition.NOT_EQUAL, FOREIGN);
    // A breakpoint has one byte, and rip is behind it.
    r.load64(RAX, RDX, CONTEXT_RIP);
    r.asm.aluImmediate(AluOp.ADD, 1, RAX, -1);
    lookup();
    miss();
    foreign();
    return r.finish();
  }

  private void compareCode() {
    r.load32(RAX, RSI, SI_CODE);
    r.asm.aluImmediate(AluOp.CMP, 0, RAX, SI_KERNEL);
  }

  /** The site that is being patched goes on where the new instruction leads. */
  private void lookup() {
    r.labels.bind(LOOKUP);
    r.load64(RCX, R8, SEQUENCE);
    r.asm.compareMemory(1, R8, SITE, RAX);
    r.labels.jumpIf(Condition.NOT_EQUAL, MISS);
    r.load64(R9, R8, RESUME);
    r.asm.compareMemory(1, R8, SEQUENCE, RCX);
    r.labels.jumpIf(Condition.NOT_EQUAL, LOOKUP);
    r.store64(RDX, CONTEXT_RIP, R9);
    r.asm.ret();
  }

  /** Any other place in text: a breakpoint that was there when this thread came, and is gone. */
  private void miss() {
    r.labels.bind(MISS);
    r.load64(R9, R8, RANGES);
    r.labels.bind(NEXT_RANGE);
    r.asm.test(1, R9, R9);
    r.labels.jumpIf(Condition.EQUAL, FOREIGN);
    r.load64(R10, R9, RANGE_END);
    r.asm.compareMemory(1, R9, RANGE_START, RAX);
    r.labels.jumpIf(Condition.ABOVE, ADVANCE);
    r.asm.alu(AluOp.CMP, 1, RAX, R10);
    r.labels.jumpIf(Condition.BELOW, OURS);
    r.labels.bind(ADVANCE);
    r.load64(R9, R9, RANGE_NEXT);
    r.labels.jump(NEXT_RANGE);
    r.labels.bind(OURS);
    r.asm.compareByte(RAX, 0, BREAKPOINT);
    r.labels.jumpIf(Condition.NOT_EQUAL, RETRY);
    // Still there: has it come since the words were read?
    r.asm.compareMemory(1, R8, SEQUENCE, RCX);
    r.labels.jumpIf(Condition.NOT_EQUAL, LOOKUP);
    r.labels.jump(FOREIGN);
    r.labels.bind(RETRY);
    r.store64(RDX, CONTEXT_RIP, RAX);
    r.asm.ret();
  }

  /** Not ours: as if this handler were not there. */
  private void foreign() {
    r.labels.bind(FOREIGN);
    r.load64(RCX, R8, PREVIOUS);
    r.asm.aluImmediate(AluOp.CMP, 1, RCX, (int) SignalAction.IGNORE);
    r.labels.jumpIf(Condition.ABOVE, CHAIN);
    r.labels.jumpIf(Condition.NOT_EQUAL, BY_DEFAULT);
    compareCode();
    r.labels.jumpIf(Condition.EQUAL, BY_DEFAULT); // breakpoints cannot be ignored
    r.asm.ret();
    r.labels.bind(CHAIN);
    r.asm.jumpRegister(RCX);
    r.labels.bind(BY_DEFAULT);
    compareCode();
    r.labels.jumpIf(Condition.NOT_EQUAL, SENT);
    r.load64(RAX, RDX, CONTEXT_RIP);
    r.asm.aluImmediate(AluOp.ADD, 1, RAX, -1);
    r.store64(RDX, CONTEXT_RIP, RAX); // run it again, with the default action
    restoreDefault();
    r.asm.ret();
    r.labels.bind(SENT);
    restoreDefault();
    sendAgain();
    r.asm.ret();
  }

  private void restoreDefault() {
    r.asm.move(1, RSI, R8);
    r.asm.aluImmediate(AluOp.ADD, 1, RSI, DEFAULT_ACTION);
    r.asm.moveImmediate32(RDI, SignalAction.SIGTRAP);
    r.asm.moveImmediate32(RDX, 0);
    r.asm.moveImmediate32(R10, 8);
    r.asm.moveImmediate32(RAX, SYS_RT_SIGACTION);
    r.asm.syscall();
  }

  private void sendAgain() {
    r.asm.moveImmediate32(RAX, SYS_GETPID);
    r.asm.syscall();
    r.asm.move(1, RDI, RAX);
    r.asm.moveImmediate32(RAX, SYS_GETTID);
    r.asm.syscall();
    r.asm.move(1, RSI, RAX);
    r.asm.moveImmediate32(RDX, SignalAction.SIGTRAP);
    r.asm.moveImmediate32(RAX, SYS_TGKILL);
    r.asm.syscall();
  }
}

package dev.skep.jit.x64;

import dev.skep.isa.InsnWord;
import dev.skep.rewrite.RunnableProgram;

/** One pass over the instructions of a function, each by the lowering of its class. */
final class InsnLowering {
  private static final int EXIT = 0x95;
  private static final int CALL = 0x85;
  private static final int JA = 0x05;
  private static final int GOTOL = 0x06;
  private static final int LD_IMM64 = 0x18;
  private static final int ATOMIC_MODES = 0xc0;

  private final FunctionCode f;
  private final FrameLowering frame;
  private final TailCallLowering tailCalls;
  private final AluLowering alu;
  private final MoveLowering moves;
  private final MemoryLowering memory;
  private final AtomicLowering atomics;
  private final JumpLowering jumps;
  private final CallLowering calls;

  InsnLowering(FunctionCode f, FrameLowering frame, TailCallLowering tailCalls) {
    this.f = f;
    this.frame = frame;
    this.tailCalls = tailCalls;
    moves = new MoveLowering(f);
    alu = new AluLowering(f, moves);
    memory = new MemoryLowering(f);
    atomics = new AtomicLowering(f);
    jumps = new JumpLowering(f);
    calls = new CallLowering(f, tailCalls);
  }

  /** Emits everything once; gives the length. */
  int pass() {
    f.begin();
    frame.prologue();
    f.addrs[0] = f.buffer.position();
    int count = f.addrs.length - 1;
    int i = 1;
    while (i <= count) {
      long word = f.input.insns()[f.function.start() + i - 1];
      f.current = i;
      f.currentStart = f.buffer.position();
      if (f.perCpuBase != null && f.perCpuBase.loadsBefore(i - 1)) {
        f.loadPerCpuBase();
      }
      if (InsnWord.code(word) == LD_IMM64) {
        moves.wide(word, f.next());
        i++;
      } else {
        lower(word);
      }
      f.addrs[i] = f.buffer.position();
      i++;
    }
    return f.buffer.position();
  }

  private void lower(long word) {
    switch (InsnWord.code(word) & 7) {
      case 1 -> memory.load(word);
      case 2 -> memory.storeImmediate(word);
      case 3 -> {
        if (MemoryLowering.mode(word) >= ATOMIC_MODES) {
          atomics.lower(word);
        } else {
          memory.storeRegister(word);
        }
      }
      case 4 -> alu.lower(word, 0);
      case 5 -> jump(word, 1);
      case 6 -> jump(word, 0);
      case 7 -> alu.lower(word, 1);
      default -> throw MemoryLowering.unknown(word);
    }
  }

  private void jump(long word, int w) {
    switch (InsnWord.code(word)) {
      case JA -> jumps.always(InsnWord.off(word));
      case GOTOL -> jumps.always(InsnWord.imm(word));
      case CALL -> calls.call(word);
      case RunnableProgram.TAIL_CALL_CODE -> tailCalls.tailCall(word);
      case EXIT -> exit();
      default -> jumps.conditional(word, w);
    }
  }

  private void exit() {
    if (f.epilogueEmitted && !frame.everyExit()) {
      jumps.toEpilogue();
    } else {
      f.epilogueEmitted = true;
      f.epilogue = f.currentStart;
      frame.epilogue();
    }
  }
}

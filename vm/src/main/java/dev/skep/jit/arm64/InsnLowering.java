package dev.skep.jit.arm64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;
import dev.skep.rewrite.RunnableProgram;

/** One pass over the instructions of a function, each by the lowering of its class. */
final class InsnLowering {
  private static final int ATOMIC_MODES = 0xc0;

  private final A64Function f;
  private final FrameLowering frame;
  private final AluLowering alu;
  private final MoveLowering moves;
  private final MemoryLowering memory;
  private final AtomicLowering atomics;
  private final JumpLowering jumps;
  private final CallLowering calls;

  InsnLowering(A64Function f) {
    this.f = f;
    Constants constants = new Constants(f.asm, f.layout);
    frame = new FrameLowering(f, constants);
    alu = new AluLowering(f, constants);
    moves = new MoveLowering(f, constants);
    memory = new MemoryLowering(f, constants);
    atomics = new AtomicLowering(f, constants);
    jumps = new JumpLowering(f, constants);
    calls = new CallLowering(f, constants, frame);
  }

  /** Emits everything once with the distances of the pass before; gives the length in words. */
  int pass() {
    f.begin();
    frame.prologue();
    int count = f.places.length - 1;
    for (int i = 0; i < count; i++) {
      f.current = i;
      f.places[i] = f.asm.position();
      boolean wide = lower(f.input.insns()[f.function.start() + i]);
      if (wide) {
        f.places[++i] = f.asm.position();
      }
    }
    f.places[count] = f.asm.position();
    f.epilogue = f.asm.position();
    frame.epilogue();
    int end = f.asm.position();
    if (f.layout.patchable()) {
      frame.farTargetStub();
    }
    return end;
  }

  /** Emits one instruction; true for one of two slots. */
  boolean lower(long word) {
    switch (InsnWord.code(word) & 7) {
      case Opcodes.LD -> {
        if (InsnWord.code(word) != Opcodes.LD_IMM64) {
          throw unknown(word);
        }
        moves.wide(word, f.next());
        return true;
      }
      case Opcodes.LDX -> memory.load(word);
      case Opcodes.ST -> memory.storeImmediate(word);
      case Opcodes.STX -> {
        if (MemoryLowering.mode(word) >= ATOMIC_MODES) {
          atomics.lower(word);
        } else {
          memory.storeRegister(word);
        }
      }
      case Opcodes.ALU -> arithmetic(word, 0);
      case Opcodes.ALU64 -> arithmetic(word, 1);
      case Opcodes.JMP -> jump(word, 1);
      default -> jump(word, 0);
    }
    return false;
  }

  private void arithmetic(long word, int sf) {
    if ((InsnWord.code(word) & 0xf0) == Opcodes.MOV) {
      moves.lower(word, sf);
    } else {
      alu.lower(word, sf);
    }
  }

  private void jump(long word, int sf) {
    switch (InsnWord.code(word)) {
      case Opcodes.JMP | Opcodes.JA -> jumps.always(InsnWord.off(word));
      case Opcodes.JMP32 | Opcodes.JA -> jumps.always(InsnWord.imm(word));
      case Opcodes.JMP | Opcodes.JA | Opcodes.X -> f.asm.branchRegister(f.dst(word));
      case Opcodes.CALL_CODE -> calls.call(word);
      case RunnableProgram.TAIL_CALL_CODE -> calls.tailCall(InsnWord.imm(word));
      case Opcodes.EXIT_CODE -> {
        if (f.current != f.places.length - 2) {
          jumps.toEpilogue();
        }
      }
      default -> jumps.conditional(word, sf);
    }
  }

  static UnsupportedException unknown(long word) {
    return new UnsupportedException("jit of code 0x" + Integer.toHexString(InsnWord.code(word)));
  }
}

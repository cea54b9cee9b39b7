package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;

/** Atomic operations (STX with mode ATOMIC or PROBE_ATOMIC). */
final class AtomicLowering {
  private static final int PROBE_ATOMIC = 0xe0;
  private static final int XADD = 0x0fc1;
  private static final int XCHG = 0x87;
  private static final int CMPXCHG = 0x0fb1;

  private final FunctionCode f;
  private final X64Assembler asm;

  AtomicLowering(FunctionCode f) {
    this.f = f;
    this.asm = f.asm;
  }

  void lower(long word) {
    int index = MemoryLowering.mode(word) == PROBE_ATOMIC ? Gpr.R12 : X64Assembler.NO_INDEX;
    int base = f.base(InsnWord.dst(word));
    int src = f.src(word);
    int off = f.displacement(word);
    int size = MemoryLowering.size(word);
    int w = size == 8 ? 1 : 0;
    switch (InsnWord.imm(word)) {
      case 0x00 -> asm.locked(AluOp.ADD.opcode, w, base, index, off, src);
      case 0x40 -> asm.locked(AluOp.OR.opcode, w, base, index, off, src);
      case 0x50 -> asm.locked(AluOp.AND.opcode, w, base, index, off, src);
      case 0xa0 -> asm.locked(AluOp.XOR.opcode, w, base, index, off, src);
      case 0x01 -> asm.locked(XADD, w, base, index, off, src);
      case 0xe1 -> asm.locked(XCHG, w, base, index, off, src);
      case 0xf1 -> asm.locked(CMPXCHG, w, base, index, off, src);
      case 0x41 -> fetchLoop(AluOp.OR, word, w, index);
      case 0x51 -> fetchLoop(AluOp.AND, word, w, index);
      case 0xa1 -> fetchLoop(AluOp.XOR, word, w, index);
      case 0x100 -> asm.load(MemoryLowering.zeroExtending(word), base, src, index, off);
      case 0x110 -> asm.store(size, base, index, off, src);
      default ->
          throw new UnsupportedException(
              "jit of atomic 0x" + Integer.toHexString(InsnWord.imm(word)));
    }
  }

  /** The CPU has no fetching or, and, xor: compare and exchange until it holds. */
  private void fetchLoop(AluOp op, long word, int w, int index) {
    if (index != X64Assembler.NO_INDEX) {
      throw new UnsupportedException("jit of fetching or, and, xor in an arena");
    }
    int saved = Gpr.R10;
    int aux = FunctionCode.AUX;
    int src = f.src(word) == Gpr.RAX ? saved : f.src(word);
    int place = f.base(InsnWord.dst(word));
    int base = place == Gpr.RAX ? saved : place;
    int off = f.displacement(word);
    asm.move(1, saved, Gpr.RAX);
    int retry = f.buffer.position();
    asm.load(w == 1 ? LoadOp.U64 : LoadOp.U32, Gpr.RAX, base, index, off);
    asm.move(w, aux, Gpr.RAX);
    asm.alu(op, w, aux, src);
    asm.locked(CMPXCHG, w, base, index, off, aux);
    asm.jumpIfShort(Condition.NOT_EQUAL, retry - (f.buffer.position() + 2));
    asm.move(w, src, Gpr.RAX);
    asm.move(1, Gpr.RAX, saved);
  }
}

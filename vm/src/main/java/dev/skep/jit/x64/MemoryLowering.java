package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;

/** Loads and stores. */
final class MemoryLowering {
  private static final int MEM = 0x60;
  private static final int MEMSX = 0x80;
  private static final int PROBE_MEM = 0x20;
  private static final int PROBE_MEMSX = 0x40;
  private static final int PROBE_MEM32 = 0xa0;
  private static final int PROBE_MEM32SX = 0xc0;
  private static final int NOSPEC = 0xc0;

  /** Between user addresses and this no address of the kernel lies. */
  private static final int VSYSCALL_ADDR = 0xff600000;

  /** TASK_SIZE_MAX + PAGE_SIZE - VSYSCALL_ADDR, for four levels of page tables. */
  private static final long USER_LIMIT = 0x0000_8000_00a0_0000L;

  /** The same for five levels. */
  private static final long USER_LIMIT_5_LEVELS = 0x0100_0000_00a0_0000L;

  private final FunctionCode f;
  private final X64Assembler asm;

  MemoryLowering(FunctionCode f) {
    this.f = f;
    this.asm = f.asm;
  }

  static int mode(long word) {
    return InsnWord.code(word) & 0xe0;
  }

  /** Bytes of an access, by the size bits. */
  static int size(long word) {
    return switch (InsnWord.code(word) & 0x18) {
      case 0x00 -> 4;
      case 0x08 -> 2;
      case 0x10 -> 1;
      default -> 8;
    };
  }

  static LoadOp zeroExtending(long word) {
    return switch (size(word)) {
      case 1 -> LoadOp.U8;
      case 2 -> LoadOp.U16;
      case 4 -> LoadOp.U32;
      default -> LoadOp.U64;
    };
  }

  private static LoadOp signExtending(long word) {
    return switch (size(word)) {
      case 1 -> LoadOp.S8;
      case 2 -> LoadOp.S16;
      case 4 -> LoadOp.S32;
      default -> throw new UnsupportedException("jit of a sign-extending load of 8 bytes");
    };
  }

  void load(long word) {
    int dst = f.dst(word);
    int base = f.base(InsnWord.src(word));
    int off = f.displacement(word);
    int none = X64Assembler.NO_INDEX;
    switch (mode(word)) {
      case MEM -> asm.load(zeroExtending(word), dst, base, none, off);
      case MEMSX -> asm.load(signExtending(word), dst, base, none, off);
      case PROBE_MEM -> probe(zeroExtending(word), dst, base, off);
      case PROBE_MEMSX -> probe(signExtending(word), dst, base, off);
      case PROBE_MEM32 -> asm.load(zeroExtending(word), dst, base, Gpr.R12, off);
      case PROBE_MEM32SX -> arenaSigned(signExtending(word), dst, base, off);
      default -> throw unknown(word);
    }
  }

  private void arenaSigned(LoadOp op, int dst, int base, int off) {
    asm.load(op, dst, base, Gpr.R12, off);
  }

  /** A load that gives 0 instead of touching an address of user space. */
  private void probe(LoadOp op, int dst, int base, int off) {
    if (!f.layout.kernelAddresses()) {
      throw new UnsupportedException("jit of loads through kernel pointers inside a process");
    }
    int aux = FunctionCode.AUX;
    int limit = Gpr.R10;
    asm.moveSigned32(limit, VSYSCALL_ADDR);
    asm.move(1, aux, base);
    if (off != 0) {
      asm.aluImmediate32(AluOp.ADD, 1, aux, off);
    }
    asm.alu(AluOp.SUB, 1, aux, limit);
    asm.moveImmediate64(limit, f.layout.fiveLevelPaging() ? USER_LIMIT_5_LEVELS : USER_LIMIT);
    asm.alu(AluOp.CMP, 1, aux, limit);
    asm.jumpIfShort(Condition.ABOVE, 0);
    int kernelAddress = f.buffer.position();
    asm.alu(AluOp.XOR, 0, dst, dst);
    asm.jumpShort(0);
    int load = f.buffer.position();
    f.buffer.set1(kernelAddress - 1, load - kernelAddress);
    asm.load(op, dst, base, X64Assembler.NO_INDEX, off);
    f.buffer.set1(load - 1, f.buffer.position() - load);
  }

  void storeRegister(long word) {
    int index =
        switch (mode(word)) {
          case MEM -> X64Assembler.NO_INDEX;
          case PROBE_MEM32 -> Gpr.R12;
          default -> throw unknown(word);
        };
    int base = f.base(InsnWord.dst(word));
    asm.store(size(word), base, index, f.displacement(word), f.src(word));
  }

  void storeImmediate(long word) {
    switch (mode(word)) {
      case NOSPEC -> asm.lfence();
      case MEM -> storeImmediate(word, X64Assembler.NO_INDEX);
      case PROBE_MEM32 -> storeImmediate(word, Gpr.R12);
      default -> throw unknown(word);
    }
  }

  private void storeImmediate(long word, int index) {
    int base = f.base(InsnWord.dst(word));
    asm.storeImmediate(size(word), base, index, f.displacement(word), InsnWord.imm(word));
  }

  static UnsupportedException unknown(long word) {
    return new UnsupportedException("jit of code 0x" + Integer.toHexString(InsnWord.code(word)));
  }
}

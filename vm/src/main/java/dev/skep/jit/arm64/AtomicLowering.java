package dev.skep.jit.arm64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;

/** Atomic operations, by LSE instructions or by exclusive loads and stores. */
final class AtomicLowering {
  private static final int FETCH = 0x01;
  private static final int XCHG = 0xe1;
  private static final int CMPXCHG = 0xf1;
  private static final int LOAD_ACQUIRE = 0x100;
  private static final int STORE_RELEASE = 0x110;

  private static final int NONE = -1;

  // Operations of LSE: bits 15 to 12.
  private static final int LSE_ADD = 0;
  private static final int LSE_CLEAR = 1;
  private static final int LSE_EOR = 2;
  private static final int LSE_SET = 3;
  private static final int LSE_SWAP = 8;

  private final A64Function f;
  private final A64Assembler asm;
  private final Constants constants;

  AtomicLowering(A64Function f, Constants constants) {
    this.f = f;
    this.asm = f.asm;
    this.constants = constants;
  }

  void lower(long word) {
    int imm = InsnWord.imm(word);
    boolean arena = MemoryLowering.mode(word) == Opcodes.PROBE_ATOMIC;
    int base = imm == LOAD_ACQUIRE ? f.src(word) : f.dst(word);
    int address = address(base, InsnWord.off(word));
    if (arena) {
      asm.registers(A64Assembler.ADD, 1, A64Reg.TMP1, address, A64Reg.ARENA);
      address = A64Reg.TMP1;
    }
    switch (imm) {
      case LOAD_ACQUIRE -> asm.loadAcquire(MemoryLowering.logSize(word), f.dst(word), address);
      case STORE_RELEASE -> asm.storeRelease(MemoryLowering.logSize(word), f.src(word), address);
      default -> modify(word, imm, address, arena);
    }
    if (arena) {
      f.arenaFault(NONE, base, InsnWord.off(word));
    }
  }

  private int address(int base, int off) {
    if (off == 0) {
      return base;
    }
    if (f.layout.dialect().foldsAtomicOffsets) {
      constants.add(1, A64Reg.TMP1, base, off, A64Reg.TMP1);
    } else {
      constants.move(1, A64Reg.TMP1, off);
      asm.registers(A64Assembler.ADD, 1, A64Reg.TMP1, A64Reg.TMP1, base);
    }
    return A64Reg.TMP1;
  }

  private void modify(long word, int imm, int address, boolean arena) {
    int sf = MemoryLowering.logSize(word) == 3 ? 1 : 0;
    if (f.layout.lse()) {
      byInstruction(sf, imm, f.src(word), address);
      return;
    }
    if (arena) {
      throw new UnsupportedException("jit of atomics in an arena without LSE");
    }
    byLoop(sf, imm, f.src(word), kept(word, imm, address));
  }

  /** The old value must not overwrite the address before it is stored to. */
  private int kept(long word, int imm, int address) {
    int loaded = imm == CMPXCHG ? f.r0() : f.src(word);
    boolean loads = (imm & FETCH) != 0;
    if (!loads || address != loaded) {
      return address;
    }
    constants.register(1, A64Reg.TMP1, address);
    return A64Reg.TMP1;
  }

  private void byInstruction(int sf, int imm, int src, int address) {
    boolean fetch = (imm & FETCH) != 0;
    switch (imm) {
      case XCHG -> asm.atomic(LSE_SWAP, sf, true, src, src, address);
      case CMPXCHG -> asm.compareAndSwap(sf, f.r0(), src, address);
      default -> {
        int operand = src;
        if (operation(imm) == A64Assembler.AND) {
          asm.registers(A64Assembler.ORN, sf, A64Reg.TMP2, A64Reg.ZR, src);
          operand = A64Reg.TMP2;
        }
        asm.atomic(lse(imm), sf, fetch, operand, fetch ? src : A64Reg.ZR, address);
      }
    }
  }

  private void byLoop(int sf, int imm, int src, int address) {
    switch (imm) {
      case XCHG -> {
        constants.register(sf, A64Reg.TMP2, src);
        asm.loadExclusive(sf, src, address);
        asm.storeExclusive(sf, true, A64Reg.TMP3, A64Reg.TMP2, address);
        asm.branchIfNotZero(0, A64Reg.TMP3, -2);
        asm.word(A64Assembler.DMB_ISH);
      }
      case CMPXCHG -> compareLoop(sf, src, address);
      default -> {
        if ((imm & FETCH) != 0) {
          fetchLoop(sf, operation(imm), src, address);
        } else {
          asm.loadExclusive(sf, A64Reg.TMP2, address);
          asm.registers(operation(imm), sf, A64Reg.TMP2, A64Reg.TMP2, src);
          asm.storeExclusive(sf, false, A64Reg.TMP3, A64Reg.TMP2, address);
          asm.branchIfNotZero(0, A64Reg.TMP3, -3);
        }
      }
    }
  }

  private void fetchLoop(int sf, int operation, int src, int address) {
    constants.register(sf, A64Reg.AX, src);
    asm.loadExclusive(sf, src, address);
    asm.registers(operation, sf, A64Reg.TMP2, src, A64Reg.AX);
    asm.storeExclusive(sf, true, A64Reg.TMP3, A64Reg.TMP2, address);
    asm.branchIfNotZero(0, A64Reg.TMP3, -3);
    asm.word(A64Assembler.DMB_ISH);
  }

  private void compareLoop(int sf, int src, int address) {
    int r0 = f.r0();
    constants.register(sf, A64Reg.TMP2, r0);
    asm.loadExclusive(sf, r0, address);
    asm.registers(A64Assembler.EOR, sf, A64Reg.TMP3, r0, A64Reg.TMP2);
    asm.branchIfNotZero(sf, A64Reg.TMP3, 4);
    asm.storeExclusive(sf, true, A64Reg.TMP3, src, address);
    asm.branchIfNotZero(0, A64Reg.TMP3, -4);
    asm.word(A64Assembler.DMB_ISH);
  }

  private static int operation(int imm) {
    return switch (imm & ~FETCH) {
      case Opcodes.ADD -> A64Assembler.ADD;
      case Opcodes.OR -> A64Assembler.ORR;
      case Opcodes.AND -> A64Assembler.AND;
      case Opcodes.XOR -> A64Assembler.EOR;
      default -> throw new UnsupportedException("jit of atomic 0x" + Integer.toHexString(imm));
    };
  }

  private static int lse(int imm) {
    return switch (imm & ~FETCH) {
      case Opcodes.ADD -> LSE_ADD;
      case Opcodes.OR -> LSE_SET;
      case Opcodes.AND -> LSE_CLEAR;
      default -> LSE_EOR;
    };
  }
}

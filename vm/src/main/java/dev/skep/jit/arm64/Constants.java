package dev.skep.jit.arm64;

/** Constants and moves: what every lowering needs. */
final class Constants {
  private static final int ONES = 0xffff;

  private final A64Assembler asm;
  private final A64Layout layout;

  Constants(A64Assembler asm, A64Layout layout) {
    this.asm = asm;
    this.layout = layout;
  }

  /** rd = value, sign-extended with sf 1, zero-extended with sf 0 (emit_a64_mov_i). */
  void move(int sf, int rd, int value) {
    int high = value >>> 16;
    int low = value & ONES;
    if (value >= 0) {
      asm.moveWide(A64Assembler.MOVZ, sf, rd, low, 0);
      if (high != 0) {
        asm.moveWide(A64Assembler.MOVK, sf, rd, high, 16);
      }
    } else if (high == ONES) {
      asm.moveWide(A64Assembler.MOVN, sf, rd, ~low, 0);
    } else {
      asm.moveWide(A64Assembler.MOVN, sf, rd, ~high, 16);
      if (low != ONES) {
        asm.moveWide(A64Assembler.MOVK, sf, rd, low, 0);
      }
    }
  }

  /** rd = value with as few words as blocks of 16 bits need (emit_a64_mov_i64). */
  void move64(int rd, long value) {
    if (value >>> 32 == 0) {
      below32(rd, (int) value);
      return;
    }
    boolean inverted = blocksOtherThan(value, ONES) < blocksOtherThan(value, 0);
    int background = inverted ? ONES : 0;
    int shift = 48;
    while (shift > 0 && block(value, shift) == background) {
      shift -= 16;
    }
    int first = block(value, shift);
    asm.moveWide(
        inverted ? A64Assembler.MOVN : A64Assembler.MOVZ, 1, rd, inverted ? ~first : first, shift);
    for (shift -= 16; shift >= 0; shift -= 16) {
      if (block(value, shift) != background) {
        asm.moveWide(A64Assembler.MOVK, 1, rd, block(value, shift), shift);
      }
    }
  }

  private void below32(int rd, int value) {
    if (!layout.wideConstants()) {
      move(0, rd, value);
      return;
    }
    asm.moveWide(A64Assembler.MOVZ, 1, rd, value & ONES, 0);
    if (value >>> 16 != 0) {
      asm.moveWide(A64Assembler.MOVK, 1, rd, value >>> 16, 16);
    }
  }

  private static int block(long value, int shift) {
    return (int) (value >>> shift) & ONES;
  }

  private static int blocksOtherThan(long value, int background) {
    int count = 0;
    for (int shift = 0; shift < 64; shift += 16) {
      count += block(value, shift) == background ? 0 : 1;
    }
    return count;
  }

  /** An address of code in three words, whatever it is (emit_addr_mov_i64). */
  void address(int rd, long address) {
    int low = (int) address;
    // Kernel addresses have ones at the top, user addresses zeros.
    if (layout.kernelAddresses()) {
      asm.moveWide(A64Assembler.MOVN, 1, rd, ~low, 0);
    } else {
      asm.moveWide(A64Assembler.MOVZ, 1, rd, low, 0);
    }
    asm.moveWide(A64Assembler.MOVK, 1, rd, low >>> 16, 16);
    asm.moveWide(A64Assembler.MOVK, 1, rd, (int) (address >>> 32), 32);
  }

  void register(int sf, int rd, int rm) {
    if (layout.dialect().movesByOrr) {
      asm.registers(A64Assembler.ORR, sf, rd, A64Reg.ZR, rm);
    } else {
      asm.addend(A64Assembler.ADD_IMM, sf, rd, rm, 0);
    }
  }

  /** rd = rn + value, by a constant where it fits, else through {@code scratch}. */
  void add(int sf, int rd, int rn, int value, int scratch) {
    if (Immediates.isAddend(value)) {
      asm.addend(A64Assembler.ADD_IMM, sf, rd, rn, value);
    } else if (Immediates.isAddend(-value)) {
      asm.addend(A64Assembler.SUB_IMM, sf, rd, rn, -value);
    } else {
      move(sf, scratch, value);
      asm.registers(A64Assembler.ADD, sf, rd, rn, scratch);
    }
  }
}

package dev.skep.jit.arm64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;

/** Arithmetic of the ALU (sf 0) and ALU64 (sf 1) classes, moves excepted. */
final class AluLowering {
  private static final int TO_LITTLE_ENDIAN = 0xd4;
  private static final int SWAP = 0xd7;

  private final A64Function f;
  private final A64Assembler asm;
  private final Constants constants;

  AluLowering(A64Function f, Constants constants) {
    this.f = f;
    this.asm = f.asm;
    this.constants = constants;
  }

  void lower(long word, int sf) {
    boolean register = (InsnWord.code(word) & Opcodes.X) != 0;
    int operation = InsnWord.code(word) & 0xf0;
    if (operation == Opcodes.END) {
      byteOrder(word);
    } else if (operation == Opcodes.NEG) {
      asm.registers(A64Assembler.SUB, sf, f.dst(word), A64Reg.ZR, f.dst(word));
    } else if (register) {
      byRegister(operation, word, sf, f.src(word));
    } else {
      byConstant(operation, word, sf);
    }
  }

  private void byRegister(int operation, long word, int sf, int operand) {
    int dst = f.dst(word);
    switch (operation) {
      case Opcodes.ADD -> asm.registers(A64Assembler.ADD, sf, dst, dst, operand);
      case Opcodes.SUB -> asm.registers(A64Assembler.SUB, sf, dst, dst, operand);
      case Opcodes.AND -> asm.registers(A64Assembler.AND, sf, dst, dst, operand);
      case Opcodes.OR -> asm.registers(A64Assembler.ORR, sf, dst, dst, operand);
      case Opcodes.XOR -> asm.registers(A64Assembler.EOR, sf, dst, dst, operand);
      case Opcodes.MUL -> asm.multiplyAdd(sf, false, dst, dst, operand, A64Reg.ZR);
      case Opcodes.DIV -> asm.registers(division(word), sf, dst, dst, operand);
      case Opcodes.MOD -> {
        asm.registers(division(word), sf, A64Reg.TMP1, dst, operand);
        asm.multiplyAdd(sf, true, dst, A64Reg.TMP1, operand, dst);
      }
      case Opcodes.LSH -> asm.registers(A64Assembler.LSLV, sf, dst, dst, operand);
      case Opcodes.RSH -> asm.registers(A64Assembler.LSRV, sf, dst, dst, operand);
      case Opcodes.ARSH -> asm.registers(A64Assembler.ASRV, sf, dst, dst, operand);
      default -> throw InsnLowering.unknown(word);
    }
  }

  private static int division(long word) {
    return InsnWord.off(word) == 1 ? A64Assembler.SDIV : A64Assembler.UDIV;
  }

  private void byConstant(int operation, long word, int sf) {
    int dst = f.dst(word);
    int imm = InsnWord.imm(word);
    switch (operation) {
      case Opcodes.ADD -> constants.add(sf, dst, dst, imm, A64Reg.TMP1);
      case Opcodes.SUB -> subtract(sf, dst, imm);
      case Opcodes.AND -> logic(A64Assembler.AND_IMM, A64Assembler.AND, sf, dst, imm);
      case Opcodes.OR -> logic(A64Assembler.ORR_IMM, A64Assembler.ORR, sf, dst, imm);
      case Opcodes.XOR -> logic(A64Assembler.EOR_IMM, A64Assembler.EOR, sf, dst, imm);
      case Opcodes.MUL, Opcodes.DIV -> {
        constants.move(sf, A64Reg.TMP1, imm);
        byRegister(operation, word, sf, A64Reg.TMP1);
      }
      case Opcodes.MOD -> {
        constants.move(sf, A64Reg.TMP2, imm);
        byRegister(operation, word, sf, A64Reg.TMP2);
      }
      case Opcodes.LSH, Opcodes.RSH, Opcodes.ARSH -> shift(operation, sf, dst, imm);
      default -> throw InsnLowering.unknown(word);
    }
  }

  private void subtract(int sf, int dst, int imm) {
    if (Immediates.isAddend(imm)) {
      asm.addend(A64Assembler.SUB_IMM, sf, dst, dst, imm);
    } else if (Immediates.isAddend(-imm)) {
      asm.addend(A64Assembler.ADD_IMM, sf, dst, dst, -imm);
    } else {
      constants.move(sf, A64Reg.TMP1, imm);
      asm.registers(A64Assembler.SUB, sf, dst, dst, A64Reg.TMP1);
    }
  }

  private void logic(int byMask, int byRegister, int sf, int dst, int imm) {
    int fields = Immediates.bitmask(sf, imm);
    if (fields != Immediates.NONE) {
      asm.bitmask(byMask, sf, dst, dst, fields);
    } else {
      constants.move(sf, A64Reg.TMP1, imm);
      asm.registers(byRegister, sf, dst, dst, A64Reg.TMP1);
    }
  }

  private void shift(int operation, int sf, int dst, int bits) {
    int last = sf == 1 ? 63 : 31;
    switch (operation) {
      case Opcodes.LSH ->
          asm.bitField(A64Assembler.UBFM, sf, dst, dst, -bits & last, last - bits & last);
      case Opcodes.RSH -> asm.bitField(A64Assembler.UBFM, sf, dst, dst, bits & last, last);
      default -> asm.bitField(A64Assembler.SBFM, sf, dst, dst, bits & last, last);
    }
  }

  /** le (d4), be (dc) and bswap (d7); the CPU is little-endian. */
  private void byteOrder(long word) {
    int dst = f.dst(word);
    int bits = InsnWord.imm(word);
    int sf = InsnWord.code(word) == SWAP ? 1 : 0;
    boolean swap = InsnWord.code(word) != TO_LITTLE_ENDIAN;
    switch (bits) {
      case 16 -> {
        if (swap) {
          asm.reverse(A64Assembler.REV16 | sf << 31, dst, dst);
        }
        asm.bitField(A64Assembler.UBFM, sf, dst, dst, 0, 15);
      }
      case 32 -> {
        if (swap) {
          asm.reverse(A64Assembler.REV32, dst, dst);
        } else {
          asm.bitField(A64Assembler.UBFM, 0, dst, dst, 0, 31);
        }
      }
      case 64 -> {
        if (swap) {
          asm.reverse(A64Assembler.REV64, dst, dst);
        }
      }
      default -> throw new UnsupportedException("jit of byte order of " + bits + " bits");
    }
  }
}

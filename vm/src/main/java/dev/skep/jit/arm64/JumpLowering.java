package dev.skep.jit.arm64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.isa.Opcodes;

/** Jumps inside a function. A target out of reach ends the compilation, as in the kernel. */
final class JumpLowering {
  private static final int CONDITIONAL_BITS = 19;
  private static final int ALWAYS_BITS = 26;

  private final A64Function f;
  private final A64Assembler asm;
  private final Constants constants;

  JumpLowering(A64Function f, Constants constants) {
    this.f = f;
    this.asm = f.asm;
    this.constants = constants;
  }

  /** ja and gotol. */
  void always(int off) {
    asm.branch(reachable(f.distance(off), ALWAYS_BITS));
  }

  /** exit, where it is not the last instruction. */
  void toEpilogue() {
    asm.branch(reachable(f.distanceToEpilogue(), ALWAYS_BITS));
  }

  void conditional(long word, int sf) {
    int operation = InsnWord.code(word) & 0xf0;
    if ((InsnWord.code(word) & Opcodes.X) != 0) {
      int op = operation == Opcodes.JSET ? A64Assembler.ANDS : A64Assembler.SUBS;
      asm.registers(op, sf, A64Reg.ZR, f.dst(word), f.src(word));
    } else if (operation == Opcodes.JSET) {
      test(sf, f.dst(word), InsnWord.imm(word));
    } else {
      compare(sf, f.dst(word), InsnWord.imm(word));
    }
    int distance = reachable(f.distance(InsnWord.off(word)), CONDITIONAL_BITS);
    asm.branchIf(condition(operation), distance);
  }

  private void compare(int sf, int dst, int imm) {
    if (Immediates.isAddend(imm)) {
      asm.addend(A64Assembler.SUBS_IMM, sf, A64Reg.ZR, dst, imm);
    } else if (Immediates.isAddend(-imm)) {
      asm.addend(A64Assembler.ADDS_IMM, sf, A64Reg.ZR, dst, -imm);
    } else {
      constants.move(sf, A64Reg.TMP1, imm);
      asm.registers(A64Assembler.SUBS, sf, A64Reg.ZR, dst, A64Reg.TMP1);
    }
  }

  private void test(int sf, int dst, int imm) {
    int fields = Immediates.bitmask(sf, imm);
    if (fields != Immediates.NONE) {
      asm.bitmask(A64Assembler.ANDS_IMM, sf, A64Reg.ZR, dst, fields);
    } else {
      constants.move(sf, A64Reg.TMP1, imm);
      asm.registers(A64Assembler.ANDS, sf, A64Reg.ZR, dst, A64Reg.TMP1);
    }
  }

  private static int reachable(int distance, int bits) {
    if (distance < -1 << bits - 1 || distance >= 1 << bits - 1) {
      throw new UnsupportedException("jit: a jump over " + distance + " words");
    }
    return distance;
  }

  private static int condition(int operation) {
    return switch (operation) {
      case Opcodes.JEQ -> 0;
      case Opcodes.JNE, Opcodes.JSET -> 1;
      case Opcodes.JGE -> 2;
      case Opcodes.JLT -> 3;
      case Opcodes.JGT -> 8;
      case Opcodes.JLE -> 9;
      case Opcodes.JSGE -> 10;
      case Opcodes.JSLT -> 11;
      case Opcodes.JSGT -> 12;
      case Opcodes.JSLE -> 13;
      default -> throw new UnsupportedException("jit of jump 0x" + Integer.toHexString(operation));
    };
  }
}

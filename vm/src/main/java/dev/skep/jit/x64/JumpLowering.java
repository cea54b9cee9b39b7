package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;

/**
 * Jumps inside a function. Their size depends on distances that depend on their size: see {@link
 * FunctionCode#addrs}.
 */
final class JumpLowering {
  private static final int SOURCE_X = 0x08;
  private static final int JSET = 0x40;

  private final FunctionCode f;
  private final X64Assembler asm;

  JumpLowering(FunctionCode f) {
    this.f = f;
    this.asm = f.asm;
  }

  /** ja and gotol. */
  void always(int off) {
    // A jump to itself: its own end is not known, but its size is.
    int distance = off == -1 ? -2 : f.distance(off);
    if (distance == 0) {
      if (f.padding) {
        asm.nop(padding(f.missingBytes(), 2, 5));
      }
      return;
    }
    jump(distance);
  }

  /** To the epilogue, which an earlier exit emitted. */
  void toEpilogue() {
    jump(f.epilogue - f.addrs[f.current]);
  }

  private void jump(int distance) {
    if (f.isShort(distance)) {
      if (f.padding) {
        asm.nop(padding(f.missingBytes() - 2, 3, 3));
      }
      asm.jumpShort(distance);
    } else {
      asm.jumpNear(distance);
    }
  }

  void conditional(long word, int w) {
    int op = InsnWord.code(word) & 0xf0;
    int condition = condition(op);
    if ((InsnWord.code(word) & SOURCE_X) != 0) {
      compareRegister(op, w, f.dst(word), f.src(word));
    } else {
      compareImmediate(op, w, f.dst(word), InsnWord.imm(word));
    }
    int distance = f.distance(InsnWord.off(word));
    if (f.isShort(distance)) {
      if (f.padding) {
        asm.nop(padding(f.missingBytes() - 2, 4, 4));
      }
      asm.jumpIfShort(condition, distance);
    } else {
      asm.jumpIfNear(condition, distance);
    }
  }

  private void compareRegister(int op, int w, int dst, int src) {
    if (op == JSET) {
      asm.test(w, dst, src);
    } else {
      asm.alu(AluOp.CMP, w, dst, src);
    }
  }

  private void compareImmediate(int op, int w, int dst, int imm) {
    if (op == JSET) {
      asm.testImmediate(w, dst, imm);
    } else if (imm == 0) {
      asm.test(w, dst, dst);
    } else {
      asm.aluImmediate(AluOp.CMP, w, dst, imm);
    }
  }

  private static int padding(int bytes, int one, int other) {
    if (bytes != 0 && bytes != one && bytes != other) {
      throw new UnsupportedException("jit: unexpected jump padding of " + bytes + " bytes");
    }
    return bytes;
  }

  /** The short opcode of a BPF condition; jset jumps when the test is not zero. */
  private static int condition(int op) {
    return switch (op) {
      case 0x10 -> Condition.EQUAL;
      case 0x50, JSET -> Condition.NOT_EQUAL;
      case 0x20 -> Condition.ABOVE;
      case 0x30 -> Condition.ABOVE_OR_EQUAL;
      case 0xa0 -> Condition.BELOW;
      case 0xb0 -> Condition.BELOW_OR_EQUAL;
      case 0x60 -> Condition.GREATER;
      case 0x70 -> Condition.GREATER_OR_EQUAL;
      case 0xc0 -> Condition.LESS;
      case 0xd0 -> Condition.LESS_OR_EQUAL;
      default -> throw new UnsupportedException("jit of jump 0x" + Integer.toHexString(op));
    };
  }
}

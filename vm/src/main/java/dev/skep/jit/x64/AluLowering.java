package dev.skep.jit.x64;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;

/** Arithmetic of the ALU and ALU64 classes. */
final class AluLowering {
  private static final int SOURCE_X = 0x08;
  private static final int SHIFT_LEFT = 4;
  private static final int SHIFT_RIGHT = 5;
  private static final int SHIFT_ARITHMETIC = 7;

  private final FunctionCode f;
  private final X64Assembler asm;
  private final MoveLowering moves;

  AluLowering(FunctionCode f, MoveLowering moves) {
    this.f = f;
    this.asm = f.asm;
    this.moves = moves;
  }

  void lower(long word, int w) {
    int code = InsnWord.code(word);
    switch (code & 0xf0) {
      case 0x00 -> plain(AluOp.ADD, word, w);
      case 0x10 -> plain(AluOp.SUB, word, w);
      case 0x20 -> multiply(word, w);
      case 0x30 -> divide(word, w, false);
      case 0x40 -> plain(AluOp.OR, word, w);
      case 0x50 -> plain(AluOp.AND, word, w);
      case 0x60 -> shift(SHIFT_LEFT, word, w);
      case 0x70 -> shift(SHIFT_RIGHT, word, w);
      case 0x80 -> asm.negate(w, f.dst(word));
      case 0x90 -> divide(word, w, true);
      case 0xa0 -> plain(AluOp.XOR, word, w);
      case 0xb0 -> {
        if ((code & SOURCE_X) != 0) {
          moves.register(word, w);
        } else {
          moves.immediate(word, w);
        }
      }
      case 0xc0 -> shift(SHIFT_ARITHMETIC, word, w);
      case 0xd0 -> byteOrder(word);
      default -> throw new UnsupportedException("jit of code 0x" + Integer.toHexString(code));
    }
  }

  private static boolean bySource(long word) {
    return (InsnWord.code(word) & SOURCE_X) != 0;
  }

  private void plain(AluOp op, long word, int w) {
    if (bySource(word)) {
      asm.alu(op, w, f.dst(word), f.src(word));
    } else {
      asm.aluImmediate(op, w, f.dst(word), InsnWord.imm(word));
    }
  }

  private void multiply(long word, int w) {
    if (bySource(word)) {
      asm.multiply(w, f.dst(word), f.src(word));
    } else {
      asm.multiplyImmediate(w, f.dst(word), InsnWord.imm(word));
    }
  }

  /** The CPU divides rdx:rax only, so both are saved around it. */
  private void divide(long word, int w, boolean modulo) {
    int dst = f.dst(word);
    boolean signed = InsnWord.off(word) == 1;
    if (dst != Gpr.RAX) {
      asm.push(Gpr.RAX);
    }
    if (dst != Gpr.RDX) {
      asm.push(Gpr.RDX);
    }
    int divisor = divisor(word);
    if (dst != Gpr.RAX) {
      asm.move(w, Gpr.RAX, dst);
    }
    if (signed) {
      asm.signIntoRdx(w);
    } else {
      asm.alu(AluOp.XOR, 0, Gpr.RDX, Gpr.RDX);
    }
    asm.divide(w, signed, divisor);
    int result = modulo ? Gpr.RDX : Gpr.RAX;
    if (dst != result) {
      asm.move(w, dst, result);
    }
    if (dst != Gpr.RDX) {
      asm.pop(Gpr.RDX);
    }
    if (dst != Gpr.RAX) {
      asm.pop(Gpr.RAX);
    }
  }

  private int divisor(long word) {
    if (!bySource(word)) {
      asm.moveSigned32(FunctionCode.AUX, InsnWord.imm(word));
      return FunctionCode.AUX;
    }
    int src = f.src(word);
    if (src == Gpr.RAX || src == Gpr.RDX) {
      asm.move(1, FunctionCode.AUX, src);
      return FunctionCode.AUX;
    }
    return src;
  }

  private void shift(int digit, long word, int w) {
    int dst = f.dst(word);
    if (!bySource(word)) {
      asm.shiftImmediate(w, digit, dst, InsnWord.imm(word));
      return;
    }
    int src = f.src(word);
    if (src == Gpr.RCX) {
      asm.shiftByCl(w, digit, dst);
    } else if (f.layout.bmi2()) {
      asm.shiftX(w, digit, dst, src);
    } else {
      shiftThroughRcx(digit, w, dst, src);
    }
  }

  private void shiftThroughRcx(int digit, int w, int dst, int src) {
    int shifted = dst;
    if (dst == Gpr.RCX) {
      asm.move(1, FunctionCode.AUX, dst);
      shifted = FunctionCode.AUX;
    } else {
      asm.push(Gpr.RCX);
    }
    asm.move(1, Gpr.RCX, src);
    asm.shiftByCl(w, digit, shifted);
    if (dst == Gpr.RCX) {
      asm.move(1, Gpr.RCX, FunctionCode.AUX);
    } else {
      asm.pop(Gpr.RCX);
    }
  }

  /** le (d4), be (dc) and bswap (d7); the CPU is little-endian. */
  private void byteOrder(long word) {
    int dst = f.dst(word);
    int bits = InsnWord.imm(word);
    boolean swap = InsnWord.code(word) != 0xd4;
    switch (bits) {
      case 16 -> {
        if (swap) {
          asm.rotate16By8(dst);
        }
        asm.zeroExtend16(dst);
      }
      case 32 -> {
        if (swap) {
          asm.byteSwap(0, dst);
        } else {
          asm.move(0, dst, dst);
        }
      }
      case 64 -> {
        if (swap) {
          asm.byteSwap(1, dst);
        }
      }
      default -> throw new UnsupportedException("jit of byte order of " + bits + " bits");
    }
  }
}

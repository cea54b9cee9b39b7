package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;

/** Arithmetic on numbers: RFC 9669 section 4.1 to 4.2, both widths. */
final class ScalarOps {
  private static final int DIV = 0x30;
  private static final int AND = 0x50;
  private static final int RSH = 0x70;
  private static final int NEG = 0x80;
  private static final int MOD = 0x90;
  private static final int END = 0xd0;
  private static final int[] PLAIN = {0x00, 0x10, 0x20, 0x40, AND, 0xa0, DIV, MOD};
  private static final int[] SHIFTS = {0x60, RSH, 0xc0};

  private ScalarOps() {}

  static void operation(FunctionGenerator f) {
    switch (f.dice.below(14)) {
      case 13 -> linked(f);
      case 0 -> constant(f, f.writable());
      case 1, 2 -> copy(f);
      case 3, 4, 5 -> withImmediate(f);
      case 6, 7, 8 -> withRegister(f);
      case 9 -> shift(f);
      case 10 -> unary(f);
      case 11 -> mask(f);
      default -> signExtend(f);
    }
  }

  static void constant(FunctionGenerator f, int dst) {
    switch (f.dice.below(3)) {
      case 0 -> {
        long value = f.dice.immediate64();
        f.code.loadImm64(dst, 0, (int) value, (int) (value >> 32));
        f.set(dst, Value.SCALAR);
      }
      case 1 -> {
        f.code.emit(Code.ALU | Code.MOV, dst, 0, 0, f.dice.immediate());
        f.set(dst, Value.SCALAR);
      }
      default -> {
        int imm = f.dice.immediate();
        f.code.movImm(dst, imm);
        f.set(dst, imm >= 0 ? Value.upTo(imm) : Value.SCALAR);
      }
    }
  }

  private static void copy(FunctionGenerator f) {
    int src = f.scalar();
    int dst = f.writable();
    if (f.dice.percent(70)) {
      f.code.mov(dst, src);
      f.set(dst, f.known.regs[src]);
    } else {
      f.code.emit(Code.ALU | Code.MOV | Code.X, dst, src, 0, 0);
      f.set(dst, f.known.regs[src]);
    }
  }

  /** A copy at a constant distance: what a branch tells of one holds for the other. */
  private static void linked(FunctionGenerator f) {
    int src = f.scalar();
    int dst = f.scratch(src);
    if (dst < 0) {
      return;
    }
    f.code.mov(dst, src);
    int times = f.dice.between(1, 2);
    for (int i = 0; i < times; i++) {
      int imm = f.dice.percent(80) ? f.dice.between(-70, 70) : f.dice.immediate();
      f.code.emit(width(f) | f.dice.pick(0x00, 0x10), dst, 0, 0, imm);
    }
    f.set(dst, Value.SCALAR);
  }

  private static int width(FunctionGenerator f) {
    return f.dice.percent(60) ? Code.ALU64 : Code.ALU;
  }

  /** Signed forms of division and modulo have off = 1. */
  private static int off(FunctionGenerator f, int op) {
    return (op == DIV || op == MOD) && f.dice.percent(50) ? 1 : 0;
  }

  private static void withImmediate(FunctionGenerator f) {
    int dst = f.changeableScalar();
    int op = PLAIN[f.dice.below(PLAIN.length)];
    int imm = f.dice.immediate();
    if ((op == DIV || op == MOD) && imm == 0 && !f.wild()) {
      imm = 3;
    }
    f.code.emit(width(f) | op, dst, 0, off(f, op), imm);
    f.set(dst, op == AND && imm >= 0 ? Value.upTo(imm) : Value.SCALAR);
  }

  private static void withRegister(FunctionGenerator f) {
    int dst = f.changeableScalar();
    int src = f.wild() ? f.dice.below(11) : f.scalar();
    int op = PLAIN[f.dice.below(PLAIN.length)];
    f.code.emit(width(f) | op | Code.X, dst, src, off(f, op), 0);
    f.set(dst, Value.SCALAR);
  }

  private static void shift(FunctionGenerator f) {
    int dst = f.changeableScalar();
    int width = width(f);
    int op = SHIFTS[f.dice.below(SHIFTS.length)];
    if (f.dice.percent(70)) {
      int bits = width == Code.ALU64 ? 64 : 32;
      int amount = f.wild() ? f.dice.immediate() : f.dice.below(bits);
      f.code.emit(width | op, dst, 0, 0, amount);
      int bound = f.known.regs[dst].bound();
      boolean narrower = op == RSH && bound >= 0;
      f.set(dst, narrower ? Value.upTo(bound >>> Math.min(amount & 63, 31)) : Value.SCALAR);
    } else {
      f.code.emit(width | op | Code.X, dst, f.scalar(), 0, 0);
      f.set(dst, Value.SCALAR);
    }
  }

  private static void unary(FunctionGenerator f) {
    int dst = f.changeableScalar();
    int size = f.dice.pick(16, 32, 64);
    switch (f.dice.below(4)) {
      case 0 -> f.code.emit(width(f) | NEG, dst, 0, 0, 0);
      case 1 -> f.code.emit(Code.ALU | END, dst, 0, 0, size);
      case 2 -> f.code.emit(Code.ALU | END | Code.X, dst, 0, 0, size);
      default -> f.code.emit(Code.ALU64 | END, dst, 0, 0, size);
    }
    f.set(dst, Value.SCALAR);
  }

  /** Bounds a number, so that it can be an index. */
  private static void mask(FunctionGenerator f) {
    int dst = f.changeableScalar();
    int bound = f.dice.pick(1, 3, 7, 15, 31, 63, 6, 12, 24);
    f.code.and(dst, bound);
    f.set(dst, Value.upTo(bound));
  }

  private static void signExtend(FunctionGenerator f) {
    int src = f.scalar();
    int dst = f.writable();
    int width = width(f);
    int bits = width == Code.ALU64 ? f.dice.pick(8, 16, 32) : f.dice.pick(8, 16);
    f.code.emit(width | Code.MOV | Code.X, dst, src, bits, 0);
    f.set(dst, Value.SCALAR);
  }

  /** A register with a number of at most {@code largest}; made from another if need be. */
  static int index(FunctionGenerator f, int largest) {
    for (int reg = 0; reg < 10; reg++) {
      Value value = f.known.regs[reg];
      if (value.is(Kind.SCALAR) && value.bound() >= 0 && value.bound() <= largest) {
        return reg;
      }
    }
    int reg = f.changeableScalar();
    int mask = Integer.highestOneBit(largest + 1) - 1;
    f.code.and(reg, mask);
    f.set(reg, Value.upTo(mask));
    return reg;
  }
}

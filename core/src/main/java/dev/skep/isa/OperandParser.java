package dev.skep.isa;

import dev.skep.isa.Insn.Size;
import dev.skep.isa.Insn.Width;
import java.util.Locale;

/** Reads the operands of instructions: registers, constants, places in memory. */
class OperandParser {
  static final long MIN = Integer.MIN_VALUE;
  static final long MAX = Integer.MAX_VALUE;
  static final long UNSIGNED_MAX = 0xffffffffL;

  /** A register by the name of its 64-bit (r1) or 32-bit (w1) view. */
  record Named(Register register, Width width) {}

  /** The operand "(u32 *)(r1 +76)". */
  record Place(Size size, boolean signed, Register base, int off) {}

  final TextCursor in;

  OperandParser(TextCursor in) {
    this.in = in;
  }

  final Operand stored() {
    return in.atNumber() ? new Operand.Immediate(in.number(MIN, UNSIGNED_MAX)) : named().register();
  }

  final Operand operand(Width width) {
    if (in.atNumber()) {
      return new Operand.Immediate(in.number(MIN, width == Width.W64 ? MAX : UNSIGNED_MAX));
    }
    Named src = named();
    if (src.width() != width) {
      throw in.error("both registers must have the same width");
    }
    return src.register();
  }

  /** "(u32 *)(r1 +76)". */
  final Place place() {
    in.expect("(");
    String type = in.word();
    Size size = size(type);
    in.expect("*");
    in.expect(")");
    in.expect("(");
    Register base = register64();
    return new Place(size, type.startsWith("s"), base, offset());
  }

  /** "+76)", or ")" for 0. */
  final int offset() {
    if (in.accept(")")) {
      return 0;
    }
    int off = in.number(Short.MIN_VALUE, Short.MAX_VALUE);
    in.expect(")");
    return off;
  }

  final Size unsigned(Place place) {
    if (place.signed()) {
      throw in.error("only loads extend the sign");
    }
    return place.size();
  }

  final Size size(String type) {
    return switch (type) {
      case "u8", "s8" -> Size.B;
      case "u16", "s16" -> Size.H;
      case "u32", "s32" -> Size.W;
      case "u64", "s64" -> Size.DW;
      default -> throw in.error("expected a type as in u32, found \"" + type + "\"");
    };
  }

  final Named named() {
    int mark = in.mark();
    String word = in.word();
    if (word.length() >= 2 && word.length() <= 3 && "rw".indexOf(word.charAt(0)) >= 0) {
      for (Register register : Register.values()) {
        if (word.substring(1).equals(Integer.toString(register.number()))) {
          return new Named(register, word.charAt(0) == 'r' ? Width.W64 : Width.W32);
        }
      }
    }
    in.reset(mark);
    throw in.unexpected("a register");
  }

  final Register register64() {
    return wide(named());
  }

  final Register wide(Named named) {
    if (named.width() != Width.W64) {
      String number = Integer.toString(named.register().number());
      throw in.error(String.format(Locale.ROOT, "expected r%s, found w%s", number, number));
    }
    return named.register();
  }

  final void same(Named dst, Named src) {
    if (!dst.equals(src)) {
      throw in.error("source and destination must be the same register");
    }
  }

  final void sameWidth(Named dst, Named src) {
    if (dst.width() != src.width()) {
      throw in.error("both registers must have the same width");
    }
  }
}

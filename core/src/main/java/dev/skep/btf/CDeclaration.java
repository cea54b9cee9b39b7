package dev.skep.btf;

import dev.skep.errors.MalformedException;

/** Writes C declarations and definitions of BTF types; indentation is by tabs. */
final class CDeclaration {
  private static final int MAX_DEPTH = 128;
  private static final int MAX_CHARS = 1 << 26;
  private static final String[] PAD_TYPES = {"long", "int", "short", "char"};
  private static final int[] PAD_BITS = {64, 32, 16, 8};

  /** A chain of types from a declared name to its base, used from its end. */
  private static final class Chain {
    final int[] ids = new int[MAX_DEPTH];
    int count;

    int last() {
      return ids[count - 1];
    }
  }

  private final Btf btf;
  private final StringBuilder text;
  private final CNames names;
  private final CLayout layout;
  private int depth;

  CDeclaration(Btf btf, StringBuilder text) {
    this.btf = btf;
    this.text = text;
    this.names = new CNames(btf);
    this.layout = new CLayout(btf);
  }

  /** "struct name". */
  void tag(int id) {
    text.append(btf.kind(id) == BtfKind.STRUCT ? "struct" : "union");
    appendName(id);
  }

  /** "struct name" of a FWD. */
  void forward(int id) {
    text.append(btf.kindFlag(id) ? "union " : "struct ").append(names.of(id));
  }

  private void appendName(int id) {
    if (btf.nameOffset(id) != 0) {
      text.append(' ').append(names.of(id));
    }
  }

  void typedef(int id) {
    String name = names.of(id);
    if (btf.target(id) == 0 && name.equals("__gnuc_va_list")) {
      text.append("typedef __builtin_va_list __gnuc_va_list");
      return;
    }
    text.append("typedef ");
    declare(btf.target(id), name, 0);
  }

  void enumDefinition(int id, int level) {
    text.append("enum");
    appendName(id);
    if (btf.vlen(id) == 0) {
      return;
    }
    text.append(" {");
    boolean wide = btf.kind(id) == BtfKind.ENUM64;
    boolean signed = btf.kindFlag(id);
    for (int i = 0; i < btf.vlen(id); i++) {
      String name = names.enumerator(btf.string(btf.enumNameOffset(id, i)));
      long value = btf.enumValue(id, i);
      newLine(level + 1).append(name).append(" = ");
      text.append(signed ? Long.toString(value) : Long.toUnsignedString(value));
      text.append(wide ? signed ? "LL," : "ULL," : ",");
    }
    newLine(level).append('}');
    if (btf.size(id) == 1) {
      text.append(" __attribute__((mode(byte)))");
    } else if (btf.size(id) == 8 && !(wide && hasLargeValue(id))) {
      text.append(" __attribute__((mode(word)))");
    }
  }

  private boolean hasLargeValue(int id) {
    for (int i = 0; i < btf.vlen(id); i++) {
      long value = btf.enumValue(id, i);
      boolean fits = btf.kindFlag(id) ? value == (int) value : value >>> 32 == 0;
      if (!fits) {
        return true;
      }
    }
    return false;
  }

  void compositeDefinition(int id, int level) {
    boolean struct = btf.kind(id) == BtfKind.STRUCT;
    boolean packed = struct && layout.isPacked(id);
    text.append(struct ? "struct" : "union");
    appendName(id);
    text.append(" {");
    long offset = 0;
    boolean afterBitfield = false;
    for (int i = 0; i < btf.vlen(id); i++) {
      int type = btf.memberType(id, i);
      int bits = btf.memberBitSize(id, i);
      long start = btf.memberBitOffset(id, i) & 0xffffffffL;
      int alignment = packed ? 1 : layout.alignment(type);
      pad(offset, start, alignment, afterBitfield && bits != 0, level + 1);
      newLine(level + 1);
      declare(type, btf.string(btf.memberNameOffset(id, i)), level + 1);
      if (bits != 0) {
        text.append(": ").append(bits);
        offset = start + bits;
      } else {
        offset = start + Math.max(0, btf.sizeOf(type)) * 8;
      }
      afterBitfield = bits != 0;
      text.append(';');
    }
    if (struct) {
      pad(offset, (btf.size(id) & 0xffffffffL) * 8, layout.alignment(id), false, level + 1);
    }
    if (btf.vlen(id) != 0 || btf.size(id) != 0) {
      newLine(level);
    }
    text.append(packed ? "} __attribute__((packed))" : "}");
  }

  /**
   * Fills the gap between two members with unnamed bitfields, as few as the compiler's own
   * alignment allows (btf_dump_emit_bit_padding).
   */
  private void pad(long from, long to, int nextAlignment, boolean inBitfield, int level) {
    if (from >= to) {
      return;
    }
    if (to - from > 8L << 20) {
      throw new MalformedException("btf: padding of " + (to - from) / 8 + " bytes in a struct");
    }
    int pad = 0;
    while (pad < 3 && roundUp(from, PAD_BITS[pad]) > to) {
      pad++;
    }
    long at = from;
    long aligned = roundUp(from, PAD_BITS[pad]);
    if (aligned > from && aligned <= to) {
      boolean compilerAligns =
          aligned == to
              ? roundUp(from, nextAlignment * 8) == aligned
              : to - aligned > aligned - from;
      if (inBitfield || !compilerAligns) {
        padding(pad, inBitfield ? aligned - from : 0, level);
      }
      at = aligned;
    }
    while (at != to) {
      long bits = Math.min(to - at, PAD_BITS[pad]);
      int type = pad;
      for (int smaller = 3; bits < PAD_BITS[pad] && smaller >= 0; smaller--) {
        if (PAD_BITS[smaller] >= bits) {
          type = smaller;
          break;
        }
      }
      padding(type, bits, level);
      at += bits;
    }
  }

  private void padding(int type, long bits, int level) {
    newLine(level).append(PAD_TYPES[type]).append(": ").append(bits).append(';');
  }

  private static long roundUp(long value, int unit) {
    return unit == 0 ? value : (value + unit - 1) / unit * unit;
  }

  private StringBuilder newLine(int level) {
    text.append('\n');
    for (int i = 0; i < level; i++) {
      text.append('\t');
    }
    return text;
  }

  /** Declares a name, possibly empty, with a type; anonymous types are defined in place. */
  private void declare(int type, String name, int level) {
    if (++depth > MAX_DEPTH || text.length() > MAX_CHARS) {
      throw new MalformedException("btf: type [" + type + "]: declarations nest too deep");
    }
    Chain chain = new Chain();
    int id = type;
    boolean more = true;
    while (more) {
      if (chain.count == MAX_DEPTH) {
        throw new MalformedException("btf: type [" + type + "]: endless declaration");
      }
      chain.ids[chain.count++] = id;
      switch (btf.kind(id)) {
        case BtfKind.PTR,
            BtfKind.VOLATILE,
            BtfKind.CONST,
            BtfKind.RESTRICT,
            BtfKind.FUNC_PROTO,
            BtfKind.TYPE_TAG ->
            id = btf.target(id);
        case BtfKind.ARRAY -> id = btf.arrayElement(id);
        default -> more = false;
      }
    }
    writeChain(chain, name, level);
    depth--;
  }

  private void writeChain(Chain chain, String name, int level) {
    boolean afterPointer = true;
    while (chain.count > 0) {
      int id = chain.ids[--chain.count];
      int kind = btf.kind(id);
      switch (kind) {
        case BtfKind.PTR -> text.append(afterPointer ? "*" : " *");
        case BtfKind.VOLATILE -> text.append(" volatile");
        case BtfKind.CONST -> text.append(" const");
        case BtfKind.RESTRICT -> text.append(" restrict");
        case BtfKind.TYPE_TAG -> {
          writeModifiers(chain);
          text.append(" __attribute__((btf_type_tag(\"").append(btf.name(id)).append("\")))");
        }
        case BtfKind.ARRAY -> {
          writeArray(chain, id, name, level, afterPointer);
          return;
        }
        case BtfKind.FUNC_PROTO -> {
          writeFunction(chain, id, name, level, afterPointer);
          return;
        }
        default -> writeBase(chain, id, level);
      }
      afterPointer = kind == BtfKind.PTR;
    }
    writeName(name, afterPointer);
  }

  private void writeBase(Chain chain, int id, int level) {
    writeModifiers(chain);
    boolean named = btf.nameOffset(id) != 0;
    switch (btf.kind(id)) {
      case BtfKind.VOID -> text.append("void");
      case BtfKind.STRUCT, BtfKind.UNION -> {
        if (named) {
          tag(id);
        } else {
          compositeDefinition(id, level);
        }
      }
      case BtfKind.ENUM, BtfKind.ENUM64 -> {
        if (named) {
          text.append("enum ").append(names.of(id));
        } else {
          enumDefinition(id, level);
        }
      }
      case BtfKind.FWD -> forward(id);
      case BtfKind.TYPEDEF -> text.append(names.of(id));
      default -> text.append(btf.name(id));
    }
  }

  private void writeModifiers(Chain chain) {
    while (chain.count > 0) {
      switch (btf.kind(chain.last())) {
        case BtfKind.VOLATILE -> text.append("volatile ");
        case BtfKind.CONST -> text.append("const ");
        case BtfKind.RESTRICT -> text.append("restrict ");
        default -> {
          return;
        }
      }
      chain.count--;
    }
  }

  /** Compilers repeat an element's modifiers on its array, and noreturn as volatile: left out. */
  private void dropModifiers(Chain chain) {
    while (chain.count > 0 && BtfKind.isModifier(btf.kind(chain.last()))) {
      chain.count--;
    }
  }

  private void writeArray(Chain chain, int id, String name, int level, boolean afterPointer) {
    dropModifiers(chain);
    String length = "[" + Integer.toUnsignedString(btf.arrayLength(id)) + "]";
    if (chain.count == 0) {
      writeName(name, afterPointer);
      text.append(length);
      return;
    }
    boolean nested = btf.kind(chain.last()) == BtfKind.ARRAY;
    if (!name.isEmpty() && !afterPointer) {
      text.append(' ');
    }
    text.append(nested ? "" : "(");
    writeChain(chain, name, level);
    text.append(nested ? "" : ")").append(length);
  }

  private void writeFunction(Chain chain, int id, String name, int level, boolean afterPointer) {
    dropModifiers(chain);
    if (chain.count == 0) {
      writeName(name, afterPointer);
    } else {
      text.append(" (");
      writeChain(chain, name, level);
      text.append(')');
    }
    text.append('(');
    int count = btf.vlen(id);
    if (count == 0 || count == 1 && btf.paramType(id, 0) == 0) {
      text.append("void)");
      return;
    }
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : ", ");
      if (i == count - 1 && btf.paramType(id, i) == 0) {
        text.append("...");
      } else {
        declare(btf.paramType(id, i), btf.string(btf.paramNameOffset(id, i)), level);
      }
    }
    text.append(')');
  }

  private void writeName(String name, boolean afterPointer) {
    text.append(name.isEmpty() || afterPointer ? "" : " ").append(name);
  }
}

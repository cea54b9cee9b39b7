package dev.skep.skeleton;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;

/** Types as C writes them, for comments: {@code const __u32}, {@code struct counter[4]}. */
final class CTypes {
  private static final int MAX_DEPTH = 32;

  private CTypes() {}

  static String text(Btf btf, int type) {
    return text(btf, type, 0);
  }

  private static String text(Btf btf, int id, int depth) {
    if (depth > MAX_DEPTH) {
      return "..";
    }
    return switch (btf.kind(id)) {
      case BtfKind.VOID -> "void";
      case BtfKind.CONST, BtfKind.VOLATILE, BtfKind.RESTRICT, BtfKind.TYPE_TAG ->
          text(btf, btf.target(id), depth + 1);
      case BtfKind.PTR -> text(btf, btf.target(id), depth + 1) + " *";
      case BtfKind.ARRAY -> array(text(btf, btf.arrayElement(id), depth + 1), btf.arrayLength(id));
      case BtfKind.STRUCT -> named("struct", btf.name(id));
      case BtfKind.UNION -> named("union", btf.name(id));
      case BtfKind.ENUM, BtfKind.ENUM64 -> named("enum", btf.name(id));
      case BtfKind.FWD -> named(btf.kindFlag(id) ? "union" : "struct", btf.name(id));
      case BtfKind.FUNC_PROTO -> "function";
      default -> btf.name(id);
    };
  }

  /** The first dimension of an array of arrays comes first. */
  private static String array(String element, int length) {
    int dimensions = element.indexOf('[');
    String own = "[" + length + "]";
    return dimensions < 0
        ? element + own
        : element.substring(0, dimensions) + own + element.substring(dimensions);
  }

  private static String named(String keyword, String name) {
    return name.isEmpty() ? keyword : keyword + " " + name;
  }
}

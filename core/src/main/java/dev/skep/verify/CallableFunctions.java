package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;

/** Functions of the kernel whose arguments and results fit registers (btf_distill_func_proto). */
final class CallableFunctions {
  /** MAX_BPF_FUNC_ARGS. */
  private static final int MAX_ARGUMENTS = 12;

  /** Bytes of a struct that is passed by value. */
  private static final int MAX_STRUCT = 16;

  private CallableFunctions() {}

  /** Why a function cannot be called or traced, empty if it can. */
  static String refusal(Btf btf, int proto, String name) {
    String function = "The function " + name;
    int count = btf.vlen(proto);
    if (count > MAX_ARGUMENTS) {
      return function + " has " + count + " arguments. Too many.";
    }
    int result = btf.target(proto);
    if (size(btf, result) < 0 || isStruct(btf, result)) {
      return function + " return type " + kind(btf, result) + " is unsupported.";
    }
    for (int i = 0; i < count; i++) {
      int type = btf.paramType(proto, i);
      if (i == count - 1 && type == 0) {
        return function + " with variable args is unsupported.";
      }
      long size = size(btf, type);
      if (size < 0 || size > MAX_STRUCT) {
        return function + " arg" + i + " type " + kind(btf, type) + " is unsupported.";
      }
      if (size == 0) {
        return function + " has malformed void argument.";
      }
    }
    return "";
  }

  private static boolean isStruct(Btf btf, int id) {
    int type = btf.skip(id, true);
    return type > 0 && (btf.kind(type) == BtfKind.STRUCT || btf.kind(type) == BtfKind.UNION);
  }

  private static String kind(Btf btf, int id) {
    int type = btf.skip(id, true);
    return type <= 0 ? "UNKNOWN" : BtfKind.name(btf.kind(type));
  }

  /** __get_type_size: 0 for void, -1 for what has none. */
  private static long size(Btf btf, int id) {
    int type = btf.skip(id, true);
    if (type <= 0) {
      return type;
    }
    return switch (btf.kind(type)) {
      case BtfKind.PTR -> 8;
      case BtfKind.INT, BtfKind.ENUM, BtfKind.ENUM64, BtfKind.STRUCT, BtfKind.UNION ->
          btf.size(type) & 0xffffffffL;
      default -> -1;
    };
  }
}

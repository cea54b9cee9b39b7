package dev.skep.btf;

/** The kinds of BTF types (BTF_KIND_* of linux/btf.h), and the size of their records. */
public final class BtfKind {
  public static final int VOID = 0;
  public static final int INT = 1;
  public static final int PTR = 2;
  public static final int ARRAY = 3;
  public static final int STRUCT = 4;
  public static final int UNION = 5;
  public static final int ENUM = 6;
  public static final int FWD = 7;
  public static final int TYPEDEF = 8;
  public static final int VOLATILE = 9;
  public static final int CONST = 10;
  public static final int RESTRICT = 11;
  public static final int FUNC = 12;
  public static final int FUNC_PROTO = 13;
  public static final int VAR = 14;
  public static final int DATASEC = 15;
  public static final int FLOAT = 16;
  public static final int DECL_TAG = 17;
  public static final int TYPE_TAG = 18;
  public static final int ENUM64 = 19;

  private static final String[] NAMES = {
    "UNKNOWN",
    "INT",
    "PTR",
    "ARRAY",
    "STRUCT",
    "UNION",
    "ENUM",
    "FWD",
    "TYPEDEF",
    "VOLATILE",
    "CONST",
    "RESTRICT",
    "FUNC",
    "FUNC_PROTO",
    "VAR",
    "DATASEC",
    "FLOAT",
    "DECL_TAG",
    "TYPE_TAG",
    "ENUM64"
  };

  private BtfKind() {}

  /** The kernel's name without its prefix, as in "FUNC_PROTO"; "UNKNOWN" for other numbers. */
  public static String name(int kind) {
    return kind > 0 && kind < NAMES.length ? NAMES[kind] : NAMES[0];
  }

  /** Bytes after the 12 that every record has, or -1 for an unknown kind. */
  static int extraBytes(int kind, int vlen) {
    return switch (kind) {
      case PTR, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FLOAT, TYPE_TAG -> 0;
      case INT, VAR, DECL_TAG -> 4;
      case ARRAY -> 12;
      case STRUCT, UNION, DATASEC, ENUM64 -> 12 * vlen;
      case ENUM, FUNC_PROTO -> 8 * vlen;
      default -> -1;
    };
  }

  /** Whether the type only qualifies another: const, volatile, restrict, type tag. */
  public static boolean isModifier(int kind) {
    return kind == VOLATILE || kind == CONST || kind == RESTRICT || kind == TYPE_TAG;
  }

  /** Whether the type is a struct or a union. */
  public static boolean isComposite(int kind) {
    return kind == STRUCT || kind == UNION;
  }

  /** Whether the type is an enum of 32 or 64 bits. */
  public static boolean isAnyEnum(int kind) {
    return kind == ENUM || kind == ENUM64;
  }
}

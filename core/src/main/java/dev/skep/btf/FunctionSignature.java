package dev.skep.btf;

/**
 * Declarations as bpftool prints them above the instructions of a function (btf_dumper_type_only).
 *
 * <pre>
 *   int count(struct xdp_md * ctx)
 * </pre>
 */
public final class FunctionSignature {
  private static final int MAX_DEPTH = 32;

  private final Btf btf;
  private final StringBuilder out = new StringBuilder();

  private FunctionSignature(Btf btf) {
    this.btf = btf;
  }

  /** The declaration of a FUNC; empty if the id is no function of this BTF. */
  public static String of(Btf btf, int func) {
    if (!btf.hasType(func) || btf.kind(func) != BtfKind.FUNC) {
      return "";
    }
    FunctionSignature signature = new FunctionSignature(btf);
    signature.type(func, 0);
    return signature.out.toString();
  }

  private void type(int id, int depth) {
    if (id == 0) {
      out.append("void ");
      return;
    }
    if (!btf.hasType(id) || depth > MAX_DEPTH) {
      return;
    }
    int target = depth + 1;
    switch (btf.kind(id)) {
      case BtfKind.INT, BtfKind.TYPEDEF, BtfKind.FLOAT -> named("", id);
      case BtfKind.STRUCT -> named("struct ", id);
      case BtfKind.UNION -> named("union ", id);
      case BtfKind.ENUM, BtfKind.ENUM64 -> named("enum ", id);
      case BtfKind.FWD -> named(btf.kindFlag(id) ? "union " : "struct ", id);
      case BtfKind.ARRAY -> {
        type(btf.arrayElement(id), target);
        out.append('[').append(Integer.toUnsignedString(btf.arrayLength(id))).append(']');
      }
      case BtfKind.PTR -> {
        type(btf.target(id), target);
        out.append("* ");
      }
      case BtfKind.VOLATILE -> qualified("volatile ", id, target);
      case BtfKind.CONST -> qualified("const ", id, target);
      case BtfKind.RESTRICT -> qualified("restrict ", id, target);
      case BtfKind.TYPE_TAG -> type(btf.target(id), target);
      case BtfKind.FUNC_PROTO -> prototype(id, "", target);
      case BtfKind.FUNC -> prototype(btf.target(id), btf.name(id), target);
      default -> {}
    }
  }

  private void named(String keyword, int id) {
    out.append(keyword).append(btf.name(id)).append(' ');
  }

  private void qualified(String keyword, int id, int depth) {
    out.append(keyword);
    type(btf.target(id), depth);
  }

  private void prototype(int proto, String name, int depth) {
    if (!btf.hasType(proto) || btf.kind(proto) != BtfKind.FUNC_PROTO) {
      return;
    }
    type(btf.target(proto), depth);
    out.append(name).append('(');
    for (int p = 0; p < btf.vlen(proto); p++) {
      out.append(p == 0 ? "" : ", ");
      parameter(proto, p, depth);
    }
    out.append(')');
  }

  private void parameter(int proto, int index, int depth) {
    int type = btf.paramType(proto, index);
    String name = btf.string(btf.paramNameOffset(proto, index));
    if (type == 0) {
      out.append("...");
      return;
    }
    type(type, depth);
    if (!name.isEmpty()) {
      out.append(name);
    } else if (!out.isEmpty() && out.charAt(out.length() - 1) == ' ') {
      out.setLength(out.length() - 1);
    }
  }
}

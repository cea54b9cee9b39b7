package dev.skep.btf;

import java.io.IOException;

/** Writes one line per type and member, as "bpftool btf dump file F format raw" does. */
public final class BtfRawDump {
  private final Btf btf;
  private final Appendable out;

  private BtfRawDump(Btf btf, Appendable out) {
    this.btf = btf;
    this.out = out;
  }

  /** Writes all types of the blob, without those of its base. */
  public static void write(Btf btf, Appendable out) throws IOException {
    BtfRawDump dump = new BtfRawDump(btf, out);
    for (int id = btf.firstId(); id < btf.typeCount(); id++) {
      dump.type(id);
    }
  }

  private void type(int id) throws IOException {
    int kind = btf.kind(id);
    line("[", id, "] ", BtfKind.name(kind), " '", name(btf.nameOffset(id)), "'");
    switch (kind) {
      case BtfKind.INT ->
          line(
              " size=",
              Integer.toUnsignedString(btf.size(id)),
              " bits_offset=",
              btf.intBitOffset(id),
              " nr_bits=",
              btf.intBits(id),
              " encoding=",
              encoding(id));
      case BtfKind.PTR,
          BtfKind.CONST,
          BtfKind.VOLATILE,
          BtfKind.RESTRICT,
          BtfKind.TYPEDEF,
          BtfKind.TYPE_TAG ->
          line(" type_id=", btf.target(id));
      case BtfKind.ARRAY ->
          line(
              " type_id=",
              btf.arrayElement(id),
              " index_type_id=",
              btf.arrayIndex(id),
              " nr_elems=",
              Integer.toUnsignedString(btf.arrayLength(id)));
      case BtfKind.STRUCT, BtfKind.UNION -> members(id);
      case BtfKind.ENUM, BtfKind.ENUM64 -> values(id);
      case BtfKind.FWD -> line(" fwd_kind=", btf.kindFlag(id) ? "union" : "struct");
      case BtfKind.FUNC -> line(" type_id=", btf.target(id), " linkage=", linkage(btf.vlen(id)));
      case BtfKind.FUNC_PROTO -> params(id);
      case BtfKind.VAR ->
          line(" type_id=", btf.target(id), ", linkage=", linkage(btf.varLinkage(id)));
      case BtfKind.DATASEC -> variables(id);
      case BtfKind.FLOAT -> line(" size=", Integer.toUnsignedString(btf.size(id)));
      case BtfKind.DECL_TAG ->
          line(" type_id=", btf.target(id), " component_idx=", btf.tagComponent(id));
      default -> {}
    }
    out.append('\n');
  }

  private void members(int id) throws IOException {
    line(" size=", Integer.toUnsignedString(btf.size(id)), " vlen=", btf.vlen(id));
    for (int i = 0; i < btf.vlen(id); i++) {
      line(
          "\n\t'",
          name(btf.memberNameOffset(id, i)),
          "' type_id=",
          btf.memberType(id, i),
          " bits_offset=",
          Integer.toUnsignedString(btf.memberBitOffset(id, i)));
      if (btf.memberBitSize(id, i) != 0) {
        line(" bitfield_size=", btf.memberBitSize(id, i));
      }
    }
  }

  private void values(int id) throws IOException {
    boolean wide = btf.kind(id) == BtfKind.ENUM64;
    boolean signed = btf.kindFlag(id);
    line(
        " encoding=",
        signed ? "SIGNED" : "UNSIGNED",
        " size=",
        Integer.toUnsignedString(btf.size(id)),
        " vlen=",
        btf.vlen(id));
    for (int i = 0; i < btf.vlen(id); i++) {
      long value = btf.enumValue(id, i);
      line("\n\t'", name(btf.enumNameOffset(id, i)), "' val=");
      line(signed ? Long.toString(value) : Long.toUnsignedString(value));
      if (wide) {
        line(signed ? "LL" : "ULL");
      }
    }
  }

  private void params(int id) throws IOException {
    line(" ret_type_id=", btf.target(id), " vlen=", btf.vlen(id));
    for (int i = 0; i < btf.vlen(id); i++) {
      line("\n\t'", name(btf.paramNameOffset(id, i)), "' type_id=", btf.paramType(id, i));
    }
  }

  private void variables(int id) throws IOException {
    line(" size=", Integer.toUnsignedString(btf.size(id)), " vlen=", btf.vlen(id));
    for (int i = 0; i < btf.vlen(id); i++) {
      int variable = btf.sectionVarType(id, i);
      line(
          "\n\ttype_id=",
          variable,
          " offset=",
          Integer.toUnsignedString(btf.sectionVarOffset(id, i)),
          " size=",
          Integer.toUnsignedString(btf.sectionVarSize(id, i)));
      int kind = btf.kind(variable);
      if (kind == BtfKind.VAR || kind == BtfKind.FUNC) {
        line(" (", BtfKind.name(kind), " '", name(btf.nameOffset(variable)), "')");
      }
    }
  }

  private String encoding(int id) {
    return switch (btf.intEncoding(id)) {
      case 0 -> "(none)";
      case 1 -> "SIGNED";
      case 2 -> "CHAR";
      case 4 -> "BOOL";
      default -> "(unknown)";
    };
  }

  private static String linkage(int linkage) {
    return switch (linkage) {
      case 0 -> "static";
      case 1 -> "global";
      case 2 -> "extern";
      default -> "(unknown)";
    };
  }

  private String name(int offset) {
    return offset == 0 ? "(anon)" : btf.string(offset);
  }

  private void line(Object... parts) throws IOException {
    for (Object part : parts) {
      out.append(part.toString());
    }
  }
}

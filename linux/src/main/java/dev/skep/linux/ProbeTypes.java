package dev.skep.linux;

import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The smallest BTF that has what a probe asks for. */
final class ProbeTypes {
  /** Ids of the two functions of {@link #contextTag}. */
  static final int MAIN = 4;

  static final int SUBPROGRAM = 6;

  private static final int LAYOUT_HEADER = 32;
  private static final int KINDS = 20;

  private ProbeTypes() {}

  private static BtfBuilder withInt() {
    BtfBuilder builder = BtfBuilder.create();
    builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    return builder;
  }

  static byte[] of(Feature feature) {
    BtfBuilder builder = withInt();
    switch (feature) {
      case BTF -> {}
      case BTF_FUNC -> function(builder, BtfType.FUNC_STATIC);
      case BTF_GLOBAL_FUNC -> function(builder, BtfType.FUNC_GLOBAL);
      case BTF_DATASEC -> section(builder, ".data");
      case BTF_QMARK_DATASEC -> section(builder, "?.data");
      case BTF_FLOAT -> builder.add(new BtfType.Float("float", 4));
      case BTF_DECL_TAG -> {
        builder.add(new BtfType.Var("x", 1, 0));
        builder.add(new BtfType.DeclTag("tag", 2, -1, false));
      }
      case BTF_TYPE_TAG -> {
        builder.add(new BtfType.TypeTag("tag", 1, false));
        builder.add(new BtfType.Ptr(2));
      }
      case BTF_ENUM64 -> builder.add(new BtfType.Enum64("e", 8, false, List.of()));
      case BTF_LAYOUT -> {
        return withLayout(builder.toBytes());
      }
      default -> throw new IllegalArgumentException(feature + " is not about btf");
    }
    return builder.toBytes();
  }

  private static void function(BtfBuilder builder, int linkage) {
    int proto = builder.add(new BtfType.FuncProto(0, List.of(new BtfType.Param("a", 1))));
    builder.add(new BtfType.Func("f", proto, linkage));
  }

  private static void section(BtfBuilder builder, String name) {
    int variable = builder.add(new BtfType.Var("x", 1, 0));
    builder.add(new BtfType.DataSec(name, 4, List.of(new BtfType.SectionVar(variable, 0, 4))));
  }

  /** "int f(void *a)" and "int g(void *b)", whose argument is tagged "arg:ctx". */
  static byte[] contextTag() {
    BtfBuilder builder = withInt();
    int pointer = builder.add(new BtfType.Ptr(0));
    int mainProto = builder.add(new BtfType.FuncProto(1, List.of(new BtfType.Param("a", pointer))));
    builder.add(new BtfType.Func("f", mainProto, BtfType.FUNC_GLOBAL));
    int subProto = builder.add(new BtfType.FuncProto(1, List.of(new BtfType.Param("b", pointer))));
    int sub = builder.add(new BtfType.Func("g", subProto, BtfType.FUNC_GLOBAL));
    builder.add(new BtfType.DeclTag("arg:ctx", sub, 0, false));
    return builder.toBytes();
  }

  /** "struct val { int cnt; struct bpf_spin_lock l; }": what storage maps must have as a value. */
  static byte[] lockedValue() {
    BtfBuilder builder = withInt();
    builder.add(
        new BtfType.Struct("bpf_spin_lock", 4, false, List.of(new BtfType.Member("val", 1, 0, 0))));
    builder.add(
        new BtfType.Struct(
            "val",
            8,
            false,
            List.of(new BtfType.Member("cnt", 1, 0, 0), new BtfType.Member("l", 2, 32, 0))));
    return builder.toBytes();
  }

  /** The same blob with a longer header, and behind the strings two bytes for each kind. */
  private static byte[] withLayout(byte[] plain) {
    int layout = 2 * KINDS;
    int body = plain.length - 24;
    ByteBuffer old = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer out =
        ByteBuffer.allocate(LAYOUT_HEADER + (body + 3 & ~3) + layout)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.put(plain, 0, 24).putInt(4, LAYOUT_HEADER);
    int strings = old.getInt(20) + 3 & ~3;
    out.putInt(20, strings);
    out.putInt(24, old.getInt(16) + strings).putInt(28, layout);
    out.position(LAYOUT_HEADER).put(plain, 24, body);
    out.position(out.capacity() - layout);
    for (int kind = 0; kind < KINDS; kind++) {
      // Bytes behind a record's first 12, and bytes for each of its elements.
      out.put((byte) once(kind)).put((byte) each(kind));
    }
    return out.array();
  }

  private static int once(int kind) {
    return switch (kind) {
      case 1, 14, 17 -> 4;
      case 3 -> 12;
      default -> 0;
    };
  }

  private static int each(int kind) {
    return switch (kind) {
      case 4, 5, 15, 19 -> 12;
      case 6, 13 -> 8;
      default -> 0;
    };
  }
}

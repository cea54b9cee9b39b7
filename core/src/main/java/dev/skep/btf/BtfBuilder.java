package dev.skep.btf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes BTF: types get ids in the order in which they are added, equal strings are stored once.
 *
 * <p>A builder that starts from a blob ({@link #of}) keeps its strings where they are, so that
 * adding all of its types again gives the same bytes.
 */
public final class BtfBuilder {
  private static final int MAX_VLEN = 0xffff;

  private final ByteOrder order;
  private final Map<String, Integer> known = new HashMap<>();
  private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
  private ByteBuffer types = ByteBuffer.allocate(1024);
  private int nextId = 1;

  private BtfBuilder(ByteOrder order) {
    this.order = order;
    types.order(order);
  }

  /** An empty builder of little-endian BTF. */
  public static BtfBuilder create() {
    BtfBuilder builder = new BtfBuilder(ByteOrder.LITTLE_ENDIAN);
    builder.string("");
    return builder;
  }

  /** A builder without types that has the strings and the byte order of a blob. */
  public static BtfBuilder of(Btf btf) {
    if (btf.base() != null) {
      throw new IllegalArgumentException("a split BTF");
    }
    BtfBuilder builder =
        new BtfBuilder(btf.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    builder.keep(btf.stringSection());
    return builder;
  }

  private void keep(byte[] section) {
    strings.writeBytes(section);
    int start = 0;
    for (int i = 0; i < section.length; i++) {
      if (section[i] == 0) {
        known.putIfAbsent(new String(section, start, i - start, StandardCharsets.UTF_8), start);
        start = i + 1;
      }
    }
  }

  /** The offset of a string, which is added where it is new. */
  public int string(String text) {
    Integer offset = known.get(text);
    if (offset == null) {
      offset = strings.size();
      known.put(text, offset);
      strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
      strings.write(0);
    }
    return offset;
  }

  /** The id that the next type gets. */
  public int nextId() {
    return nextId;
  }

  /** Adds a type and returns its id; what it refers to may be added later. */
  public int add(BtfType type) {
    switch (type) {
      case BtfType.Void v -> throw new IllegalArgumentException("void is always there");
      case BtfType.Int t -> {
        record(t, 0, false, t.size());
        put(t.encoding() << 24 | t.bitOffset() << 16 | t.bits());
      }
      case BtfType.Ptr t -> record(t, 0, false, t.type());
      case BtfType.Array t -> {
        record(t, 0, false, 0);
        put(t.element());
        put(t.index());
        put(t.length());
      }
      case BtfType.Struct t -> members(t, t.size(), t.bitfields(), t.members());
      case BtfType.Union t -> members(t, t.size(), t.bitfields(), t.members());
      case BtfType.Enum t -> values(t, t.size(), t.signed(), t.values(), false);
      case BtfType.Enum64 t -> values(t, t.size(), t.signed(), t.values(), true);
      case BtfType.Fwd t -> record(t, 0, t.union(), 0);
      case BtfType.Typedef t -> record(t, 0, false, t.type());
      case BtfType.Volatile t -> record(t, 0, false, t.type());
      case BtfType.Const t -> record(t, 0, false, t.type());
      case BtfType.Restrict t -> record(t, 0, false, t.type());
      case BtfType.Func t -> record(t, t.linkage(), false, t.proto());
      case BtfType.FuncProto t -> {
        record(t, t.params().size(), false, t.result());
        for (BtfType.Param param : t.params()) {
          put(string(param.name()));
          put(param.type());
        }
      }
      case BtfType.Var t -> {
        record(t, 0, false, t.type());
        put(t.linkage());
      }
      case BtfType.DataSec t -> {
        record(t, t.variables().size(), false, t.size());
        for (BtfType.SectionVar variable : t.variables()) {
          put(variable.type());
          put(variable.offset());
          put(variable.size());
        }
      }
      case BtfType.Float t -> record(t, 0, false, t.size());
      case BtfType.DeclTag t -> {
        record(t, 0, t.attribute(), t.type());
        put(t.component());
      }
      case BtfType.TypeTag t -> record(t, 0, t.attribute(), t.type());
    }
    return nextId++;
  }

  private void record(BtfType type, int vlen, boolean flag, int sizeOrType) {
    if (vlen > MAX_VLEN) {
      throw new IllegalArgumentException(vlen + " members of \"" + type.name() + "\"");
    }
    put(string(type.name()));
    put((flag ? 1 << 31 : 0) | type.kind() << 24 | vlen);
    put(sizeOrType);
  }

  private void members(BtfType type, int size, boolean bitfields, List<BtfType.Member> members) {
    record(type, members.size(), bitfields, size);
    for (BtfType.Member member : members) {
      put(string(member.name()));
      put(member.type());
      put(bitfields ? member.bitSize() << 24 | member.bitOffset() : member.bitOffset());
    }
  }

  private void values(
      BtfType type, int size, boolean signed, List<BtfType.Enumerator> values, boolean wide) {
    record(type, values.size(), signed, size);
    for (BtfType.Enumerator value : values) {
      put(string(value.name()));
      put((int) value.value());
      if (wide) {
        put((int) (value.value() >> 32));
      }
    }
  }

  private void put(int word) {
    if (types.remaining() < 4) {
      ByteBuffer larger = ByteBuffer.allocate(2 * types.capacity()).order(order);
      types.flip();
      larger.put(types);
      types = larger;
    }
    types.putInt(word);
  }

  /** The blob: header of 24 bytes, types, strings. */
  public byte[] toBytes() {
    int typeBytes = types.position();
    ByteBuffer out =
        ByteBuffer.allocate(Btf.HEADER_BYTES + typeBytes + strings.size()).order(order);
    out.putShort((short) Btf.MAGIC).put((byte) 1).put((byte) 0).putInt(Btf.HEADER_BYTES);
    out.putInt(0).putInt(typeBytes).putInt(typeBytes).putInt(strings.size());
    out.put(types.array(), 0, typeBytes).put(strings.toByteArray());
    return out.array();
  }

  /** The blob, read back. */
  public Btf build() {
    return Btf.parse(toBytes());
  }
}

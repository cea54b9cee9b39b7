package dev.skep.btf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/**
 * Rewrites BTF for a kernel that does not know all of it (bpf_object__sanitize_btf of libbpf): each
 * record that is too new becomes an old one of the same length, so that all ids stay.
 */
public final class BtfSanitizer {
  private static final int HEADER = 24;
  private static final int INT_ENCODING_8_BITS = 8;
  private static final int ENUM_BYTES = 4;
  private static final int FLAG = 1 << 31;

  private final Btf source;
  private final Predicate<BtfFeature> kernel;
  private final ByteBuffer types;
  private final ByteArrayOutputStream moreTypes = new ByteArrayOutputStream();
  private final ByteArrayOutputStream strings = new ByteArrayOutputStream();
  private int placeholder;
  private boolean changed;

  private BtfSanitizer(Btf source, Predicate<BtfFeature> kernel) {
    this.source = source;
    this.kernel = kernel;
    this.types = ByteBuffer.wrap(source.bytes().clone()).order(order(source));
    strings.writeBytes(source.stringSection());
  }

  private static ByteOrder order(Btf btf) {
    return btf.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
  }

  /**
   * The blob as that kernel reads it; the blob itself where nothing is too new.
   *
   * @param kernel whether it has a feature; asked only for what the blob has
   */
  public static Btf sanitize(Btf btf, Predicate<BtfFeature> kernel) {
    if (btf.base() != null) {
      throw new IllegalArgumentException("a split BTF");
    }
    BtfSanitizer sanitizer = new BtfSanitizer(btf, kernel);
    for (int id = btf.firstId(); id < btf.typeCount(); id++) {
      sanitizer.record(id);
    }
    return sanitizer.changed ? Btf.parse(sanitizer.bytes()) : btf;
  }

  private boolean lacks(BtfFeature feature) {
    boolean missing = !kernel.test(feature);
    changed |= missing;
    return missing;
  }

  private void record(int id) {
    int at = source.recordOffset(id);
    switch (source.kind(id)) {
      case BtfKind.VAR -> {
        if (lacks(BtfFeature.DATASEC)) {
          byteInt(at);
        }
      }
      case BtfKind.DATASEC -> section(id, at);
      case BtfKind.FUNC -> function(id, at);
      case BtfKind.FUNC_PROTO -> {
        if (lacks(BtfFeature.FUNC)) {
          head(at, BtfKind.ENUM, source.vlen(id), ENUM_BYTES);
        }
      }
      case BtfKind.FLOAT -> {
        if (lacks(BtfFeature.FLOAT)) {
          types.putInt(at, 0);
          head(at, BtfKind.STRUCT, 0, source.size(id));
        }
      }
      case BtfKind.DECL_TAG -> {
        if (lacks(BtfFeature.DECL_TAG)) {
          types.putInt(at, string("tag" + id));
          byteInt(at);
        }
      }
      case BtfKind.TYPE_TAG -> {
        if (lacks(BtfFeature.TYPE_TAG)) {
          types.putInt(at, 0);
          head(at, BtfKind.CONST, 0, source.target(id));
        }
      }
      case BtfKind.ENUM -> {
        if (source.kindFlag(id) && lacks(BtfFeature.ENUM64)) {
          types.putInt(at + 4, types.getInt(at + 4) & ~FLAG);
        }
      }
      case BtfKind.ENUM64 -> {
        if (lacks(BtfFeature.ENUM64)) {
          wideEnum(id, at);
        }
      }
      default -> {
        // As old as BTF itself.
      }
    }
  }

  private void head(int at, int kind, int vlen, int sizeOrType) {
    types.putInt(at + 4, kind << 24 | vlen);
    types.putInt(at + 8, sizeOrType);
  }

  /** A VAR or DECL_TAG becomes an INT of one byte: small enough for every place in a struct. */
  private void byteInt(int at) {
    head(at, BtfKind.INT, 0, 1);
    types.putInt(at + 12, INT_ENCODING_8_BITS);
  }

  /** A DATASEC becomes a STRUCT whose members are the variables. */
  private void section(int id, int at) {
    String name = source.name(id);
    if (lacks(BtfFeature.DATASEC)) {
      types.putInt(at, string(name.replace('.', '_').replace('?', '_')));
      head(at, BtfKind.STRUCT, source.vlen(id), source.size(id));
      for (int i = 0; i < source.vlen(id); i++) {
        int variable = source.sectionVarType(id, i);
        int member = at + 12 + 12 * i;
        types.putInt(member, source.nameOffset(variable));
        types.putInt(member + 4, variable);
        types.putInt(member + 8, 8 * source.sectionVarOffset(id, i));
      }
    } else if (name.startsWith("?") && lacks(BtfFeature.QMARK_DATASEC)) {
      types.putInt(at, string("_" + name.substring(1)));
    }
  }

  private void function(int id, int at) {
    if (lacks(BtfFeature.FUNC)) {
      head(at, BtfKind.TYPEDEF, 0, source.target(id));
    } else if (source.vlen(id) == BtfType.FUNC_GLOBAL && lacks(BtfFeature.GLOBAL_FUNC)) {
      head(at, BtfKind.FUNC, BtfType.FUNC_STATIC, source.target(id));
    }
  }

  /** An ENUM64 becomes a UNION with a member of one byte for each constant. */
  private void wideEnum(int id, int at) {
    if (placeholder == 0) {
      placeholder = source.typeCount();
      ByteBuffer record = ByteBuffer.allocate(16).order(order(source));
      record.putInt(string("enum64_placeholder")).putInt(BtfKind.INT << 24).putInt(1);
      moreTypes.writeBytes(record.putInt(INT_ENCODING_8_BITS).array());
    }
    head(at, BtfKind.UNION, source.vlen(id), source.size(id));
    for (int i = 0; i < source.vlen(id); i++) {
      int member = at + 12 + 12 * i;
      types.putInt(member + 4, placeholder);
      types.putInt(member + 8, 0);
    }
  }

  private int string(String text) {
    int offset = strings.size();
    strings.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    strings.write(0);
    return offset;
  }

  /** Header, the records, those that were added, the strings. */
  private byte[] bytes() {
    int typesAt = types.getInt(4) + types.getInt(8);
    int typeBytes = types.getInt(12);
    int total = typeBytes + moreTypes.size();
    ByteBuffer out = ByteBuffer.allocate(HEADER + total + strings.size()).order(types.order());
    out.putShort((short) Btf.MAGIC).put((byte) 1).put((byte) 0).putInt(HEADER);
    out.putInt(0).putInt(total).putInt(total).putInt(strings.size());
    out.put(types.array(), typesAt, typeBytes).put(moreTypes.toByteArray());
    return out.put(strings.toByteArray()).array();
  }
}

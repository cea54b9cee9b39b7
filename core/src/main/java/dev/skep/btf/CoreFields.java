package dev.skep.btf;

import dev.skep.errors.MalformedException;

/** The facts of one field that field-based relocations ask for (bpf_core_calc_field_relo). */
final class CoreFields {
  final long value;

  /** Whether the compiler is sure to have put the same value into the instruction. */
  final boolean validate;

  /** Bytes of the field, or of its array's elements, where a load may follow its size; else 0. */
  final long bytes;

  /** The type of those bytes, 0 where there are none. */
  final int type;

  private CoreFields(long value, boolean validate, long bytes, int type) {
    this.value = value;
    this.validate = validate;
    this.bytes = bytes;
    this.type = type;
  }

  static CoreFields of(CoreSpec spec, CoreKind kind) {
    CoreSpec.Step last = spec.last();
    return last.name() == null ? ofElement(spec, last, kind) : ofMember(spec, last, kind);
  }

  private static CoreFields ofElement(CoreSpec spec, CoreSpec.Step step, CoreKind kind) {
    long size = size(spec.btf, step.type());
    return switch (kind) {
      case BYTE_OFF -> new CoreFields(spec.bitOffset / 8, true, size, step.type());
      case BYTE_SZ -> new CoreFields(size, true, 0, 0);
      default ->
          throw new MalformedException(
              "CO-RE relocation (" + kind.text() + ") of an array element");
    };
  }

  private static CoreFields ofMember(CoreSpec spec, CoreSpec.Step step, CoreKind kind) {
    Btf btf = spec.btf;
    int type = btf.skip(btf.memberType(step.type(), step.index()), true);
    long bitSize = btf.memberBitSize(step.type(), step.index());
    boolean bitfield = bitSize > 0;
    long byteSize = type < 0 ? -1 : bitfield ? btf.sizeOf(type) : size(btf, type);
    long byteOffset = spec.bitOffset / 8;
    if (bitfield) {
      if (byteSize <= 0) {
        throw new MalformedException("bitfield [" + type + "] without a size");
      }
      byteOffset = byteOffset / byteSize * byteSize;
      while (spec.bitOffset + bitSize - byteOffset * 8 > byteSize * 8) {
        if (byteSize >= 8) {
          throw new MalformedException("bitfield [" + type + "] crosses 8 bytes");
        }
        byteSize *= 2;
        byteOffset = spec.bitOffset / 8 / byteSize * byteSize;
      }
    } else {
      bitSize = byteSize * 8;
    }
    return switch (kind) {
      case BYTE_OFF -> {
        int element = bitfield ? 0 : element(btf, type);
        yield new CoreFields(byteOffset, !bitfield, bitfield ? 0 : size(btf, element), element);
      }
      case BYTE_SZ -> new CoreFields(byteSize, !bitfield, 0, 0);
      case SIGNED -> new CoreFields(isSigned(btf, type) ? 1 : 0, true, 0, 0);
      case LSHIFT_U64 -> {
        long used = spec.bitOffset - byteOffset * 8;
        long shift = btf.isBigEndian() ? (8 - byteSize) * 8 + used : 64 - (used + bitSize);
        yield new CoreFields(shift, !bitfield, 0, 0);
      }
      case RSHIFT_U64 -> new CoreFields(64 - bitSize, true, 0, 0);
      default -> throw new MalformedException("CO-RE relocation (" + kind.text() + ") of a field");
    };
  }

  private static boolean isSigned(Btf btf, int type) {
    int kind = btf.kind(type);
    return BtfKind.isAnyEnum(kind) && btf.kindFlag(type)
        || kind == BtfKind.INT && (btf.intEncoding(type) & 1) != 0;
  }

  /** The element of an array of any dimensions, or the type itself. */
  private static int element(Btf btf, int type) {
    int at = type;
    for (int depth = 0; btf.kind(at) == BtfKind.ARRAY; depth++) {
      at = depth < Btf.MAX_RESOLVE_DEPTH ? btf.skip(btf.arrayElement(at), true) : -1;
      if (at < 0) {
        throw new MalformedException("btf: type [" + type + "] is an endless chain");
      }
    }
    return at;
  }

  private static long size(Btf btf, int type) {
    long size = btf.sizeOf(type);
    if (size < 0) {
      throw new MalformedException("btf: type [" + type + "] has no size");
    }
    return size;
  }
}

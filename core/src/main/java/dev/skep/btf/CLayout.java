package dev.skep.btf;

/** Sizes and alignments that a C compiler gives BTF types on a 64-bit machine. */
final class CLayout {
  private static final int POINTER = 8;
  private static final int MAX_DEPTH = 64;

  private final Btf btf;

  /** Alignments found so far, plus one. */
  private final byte[] known;

  CLayout(Btf btf) {
    this.btf = btf;
    this.known = new byte[btf.typeCount()];
  }

  /** Alignment in bytes (btf__align_of), 0 where a type has none or nests too deep. */
  int alignment(int id) {
    return alignment(id, 0);
  }

  private int alignment(int id, int depth) {
    if (known[id] != 0) {
      return known[id] - 1;
    }
    int alignment = depth > MAX_DEPTH ? 0 : compute(id, depth);
    known[id] = (byte) (alignment + 1);
    return alignment;
  }

  private int compute(int id, int depth) {
    return switch (btf.kind(id)) {
      case BtfKind.INT, BtfKind.ENUM, BtfKind.ENUM64, BtfKind.FLOAT ->
          Integer.compareUnsigned(btf.size(id), POINTER) < 0 ? btf.size(id) : POINTER;
      case BtfKind.PTR -> POINTER;
      case BtfKind.TYPEDEF, BtfKind.VOLATILE, BtfKind.CONST, BtfKind.RESTRICT, BtfKind.TYPE_TAG ->
          alignment(btf.target(id), depth + 1);
      case BtfKind.ARRAY -> alignment(btf.arrayElement(id), depth + 1);
      case BtfKind.STRUCT, BtfKind.UNION -> ofComposite(id, depth);
      default -> 0;
    };
  }

  /** The largest alignment of the members; 1 for a struct that can only be packed. */
  private int ofComposite(int id, int depth) {
    int largest = 1;
    for (int i = 0; i < btf.vlen(id); i++) {
      int alignment = alignment(btf.memberType(id, i), depth + 1);
      if (alignment <= 0) {
        return alignment;
      }
      largest = Math.max(largest, alignment);
      if (isMisplaced(id, i, alignment)) {
        return 1;
      }
    }
    return Integer.remainderUnsigned(btf.size(id), largest) != 0 ? 1 : largest;
  }

  private boolean isMisplaced(int id, int member, int alignment) {
    return btf.memberBitSize(id, member) == 0
        && Integer.remainderUnsigned(btf.memberBitOffset(id, member), 8 * alignment) != 0;
  }

  /** Whether a struct's layout needs the packed attribute. */
  boolean isPacked(int id) {
    int largest = 1;
    for (int i = 0; i < btf.vlen(id); i++) {
      int alignment = alignment(btf.memberType(id, i));
      if (alignment != 0 && isMisplaced(id, i, alignment)) {
        return true;
      }
      largest = Math.max(largest, alignment);
    }
    return Integer.remainderUnsigned(btf.size(id), largest) != 0;
  }
}

package dev.skep.data;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;

/**
 * A walk from a type to one of its parts by a path as in C: {@code stats.packets}, {@code
 * lbrs[3].from}. Members of anonymous structs and unions are found like the struct's own.
 */
final class TypePath {
  private static final int MAX_DEPTH = 64;

  private final Btf btf;
  private final String path;
  private int at;
  private int type;
  private long bits;

  /** Bits of a bit field, else 0. */
  private int width;

  private TypePath(Btf btf, int type, String path) {
    this.btf = btf;
    this.type = btf.skip(type, true);
    this.path = path;
  }

  /**
   * Where a part is.
   *
   * @param type without modifiers and typedefs
   * @param bitOffset from the start of the whole
   * @param width bits of a bit field, else 0
   */
  record Place(int type, long bitOffset, int width) {
    int offset() {
      return (int) (bitOffset / 8);
    }
  }

  /**
   * Finds a part.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Place find(Btf btf, int type, String path) {
    TypePath walk = new TypePath(btf, type, path);
    walk.walk();
    return new Place(walk.type, walk.bits, walk.width);
  }

  private void walk() {
    while (at < path.length()) {
      char c = path.charAt(at);
      if (c == '[') {
        index();
      } else {
        at += c == '.' && at > 0 ? 1 : 0;
        member(word());
      }
    }
  }

  private String word() {
    int start = at;
    while (at < path.length() && path.charAt(at) != '.' && path.charAt(at) != '[') {
      at++;
    }
    if (at == start) {
      throw wrong("a name is missing");
    }
    return path.substring(start, at);
  }

  private void index() {
    int end = path.indexOf(']', at);
    if (btf.kind(type) != BtfKind.ARRAY) {
      throw wrong("no array");
    }
    long index;
    try {
      index = Integer.parseInt(path, at + 1, Math.max(end, at + 1), 10);
    } catch (NumberFormatException e) {
      throw wrong("no index");
    }
    if (index < 0 || index >= btf.arrayLength(type)) {
      throw wrong("the array has " + btf.arrayLength(type) + " elements");
    }
    int element = btf.arrayElement(type);
    bits += index * btf.sizeOf(element) * 8;
    type = btf.skip(element, true);
    at = end + 1;
  }

  private void member(String name) {
    boolean found =
        switch (btf.kind(type)) {
          case BtfKind.STRUCT, BtfKind.UNION -> inComposite(name, type, 0, 0);
          case BtfKind.DATASEC -> inSection(name);
          default -> false;
        };
    if (!found) {
      throw wrong("no member \"" + name + "\"");
    }
  }

  private boolean inComposite(String name, int composite, long base, int depth) {
    for (int i = 0; depth < MAX_DEPTH && i < btf.vlen(composite); i++) {
      String own = btf.string(btf.memberNameOffset(composite, i));
      int target = btf.skip(btf.memberType(composite, i), true);
      long offset = base + btf.memberBitOffset(composite, i);
      if (own.equals(name)) {
        bits += offset;
        type = target;
        width = btf.memberBitSize(composite, i);
        return true;
      }
      boolean anonymous = own.isEmpty() && BtfKind.isComposite(btf.kind(target));
      if (anonymous && inComposite(name, target, offset, depth + 1)) {
        return true;
      }
    }
    return false;
  }

  private boolean inSection(String name) {
    for (int i = 0; i < btf.vlen(type); i++) {
      int variable = btf.sectionVarType(type, i);
      if (btf.kind(variable) == BtfKind.VAR && btf.name(variable).equals(name)) {
        bits += btf.sectionVarOffset(type, i) * 8L;
        type = btf.skip(btf.target(variable), true);
        return true;
      }
    }
    return false;
  }

  private IllegalArgumentException wrong(String why) {
    return new IllegalArgumentException("\"" + path + "\": " + why);
  }
}

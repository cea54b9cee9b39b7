package dev.skep.skeleton;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The classes that a skeleton has for structs, unions and enums: those that something names. */
final class ViewTypes {
  private static final int SIGNED = 1;

  final Btf btf;
  private final JavaNames names;
  private final Map<Integer, String> classes = new LinkedHashMap<>();
  private final ArrayDeque<Integer> unwritten = new ArrayDeque<>();

  ViewTypes(Btf btf, JavaNames names) {
    this.btf = btf;
    this.names = names;
  }

  /**
   * The class of a struct, union or enum.
   *
   * @param type with its typedefs, of which one may name it
   * @param hint name of what has the type, for types without one
   */
  String classOf(int type, String hint) {
    int id = btf.skip(type, true);
    String known = classes.get(id);
    if (known == null) {
      known = names.type(nameOf(type, hint));
      classes.put(id, known);
      unwritten.add(id);
    }
    return known;
  }

  private String nameOf(int type, String hint) {
    int id = btf.skip(type, true);
    if (!btf.name(id).isEmpty()) {
      return btf.name(id);
    }
    int at = btf.skip(type, false);
    while (btf.kind(at) == BtfKind.TYPEDEF) {
      int next = btf.skip(btf.target(at), false);
      if (next == id) {
        return btf.name(at);
      }
      at = next;
    }
    return hint;
  }

  /** Whether it is an enum that people see by its names: not one without constants. */
  boolean isNamedEnum(int id) {
    return BtfKind.isAnyEnum(btf.kind(id)) && btf.vlen(id) > 0 && btf.size(id) <= Long.BYTES;
  }

  boolean isSigned(int id) {
    return switch (btf.kind(id)) {
      case BtfKind.INT -> (btf.intEncoding(id) & SIGNED) != 0;
      case BtfKind.ENUM, BtfKind.ENUM64 -> btf.kindFlag(id);
      default -> false;
    };
  }

  /** The next type that was named but not written yet, or null. */
  @Nullable Integer next() {
    return unwritten.poll();
  }
}

package dev.skep.btf;

import java.util.HashMap;
import java.util.Map;

/**
 * The names that types get in C: the second and later definition of one name is told apart by
 * "___2", "___3". Tags of struct, union and enum are one name space, typedefs and enumerators
 * another.
 */
final class CNames {
  private final Btf btf;
  private final Map<String, Integer> tags = new HashMap<>();
  private final Map<String, Integer> identifiers = new HashMap<>();
  private final Map<Integer, String> known = new HashMap<>();

  CNames(Btf btf) {
    this.btf = btf;
  }

  /** The name of a type, chosen when it is first asked for. */
  String of(int id) {
    String name = known.get(id);
    if (name == null) {
      name = choose(id);
      known.put(id, name);
    }
    return name;
  }

  private String choose(int id) {
    String name = btf.name(id);
    int kind = btf.kind(id);
    boolean forward = kind == BtfKind.FWD || BtfKind.isAnyEnum(kind) && btf.vlen(id) == 0;
    if (name.isEmpty() || forward) {
      return name;
    }
    return unique(kind == BtfKind.TYPEDEF ? identifiers : tags, name);
  }

  /** The name of an enumerator; every call counts as a definition. */
  String enumerator(String name) {
    return unique(identifiers, name);
  }

  private static String unique(Map<String, Integer> names, String name) {
    int count = names.merge(name, 1, Integer::sum);
    return count == 1 ? name : name + "___" + count;
  }
}

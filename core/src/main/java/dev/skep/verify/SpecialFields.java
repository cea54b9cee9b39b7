package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.program.MapSpec;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fields of map values that programs may not touch like plain bytes: locks, timers, lists, trees,
 * kernel pointers (struct btf_record). The verifier does not follow them yet, so a map that has one
 * is named.
 */
final class SpecialFields {
  private static final Set<String> STRUCTS =
      Set.of(
          "bpf_spin_lock",
          "bpf_res_spin_lock",
          "bpf_timer",
          "bpf_wq",
          "bpf_task_work",
          "bpf_list_head",
          "bpf_list_node",
          "bpf_rb_root",
          "bpf_rb_node",
          "bpf_refcount");

  private static final Set<String> POINTER_TAGS =
      Set.of("kptr_untrusted", "kptr", "percpu_kptr", "uptr");

  private static final int MAX_DEPTH = 16;

  private final Btf btf;

  /** Types still to be looked at: hostile BTF must not make the walk explode. */
  private int budget = 10_000;

  private SpecialFields(Btf btf) {
    this.btf = btf;
  }

  /** The first special field of a map's value, or null if it has none. */
  static @Nullable String find(MapSpec map) {
    Btf btf = map.btf();
    if (btf == null || map.valueTypeId() == 0 || !btf.hasType(map.valueTypeId())) {
      return null;
    }
    return new SpecialFields(btf).in(map.valueTypeId(), 0);
  }

  private @Nullable String in(int id, int depth) {
    if (depth > MAX_DEPTH || budget-- <= 0) {
      return "deeply nested types";
    }
    int type = btf.skip(id, true);
    if (type < 0) {
      return null;
    }
    return switch (btf.kind(type)) {
      case BtfKind.STRUCT, BtfKind.UNION -> inMembers(type, depth);
      case BtfKind.DATASEC -> inVariables(type, depth);
      case BtfKind.VAR -> in(btf.target(type), depth + 1);
      case BtfKind.ARRAY -> in(btf.arrayElement(type), depth + 1);
      case BtfKind.PTR -> inTags(btf.target(type));
      default -> null;
    };
  }

  private @Nullable String inMembers(int type, int depth) {
    String name = btf.name(type);
    if (STRUCTS.contains(name)) {
      return name;
    }
    for (int i = 0; i < btf.vlen(type); i++) {
      String found = in(btf.memberType(type, i), depth + 1);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private @Nullable String inVariables(int type, int depth) {
    for (int i = 0; i < btf.vlen(type); i++) {
      String found = in(btf.sectionVarType(type, i), depth + 1);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** A pointer is special by the tags between it and what it points to. */
  private @Nullable String inTags(int target) {
    int at = target;
    for (int i = 0; i < MAX_DEPTH && BtfKind.isModifier(btf.kind(at)); i++) {
      if (btf.kind(at) == BtfKind.TYPE_TAG && POINTER_TAGS.contains(btf.name(at))) {
        return btf.name(at);
      }
      at = btf.target(at);
    }
    return null;
  }
}

package dev.skep.program;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fields of map values that programs may not touch like plain bytes: locks, timers, lists, trees,
 * kernel pointers (struct btf_record).
 */
public final class SpecialFields {
  public static final String SPIN_LOCK = "bpf_spin_lock";
  public static final String TIMER = "bpf_timer";

  /** A map without any. */
  public static final SpecialFields NONE = new SpecialFields(List.of());

  /**
   * One field.
   *
   * @param kind the struct's name, or the tag of a pointer
   * @param offset in the value, bytes
   */
  public record Field(String kind, int offset, int size) {}

  private static final Set<String> STRUCTS =
      Set.of(
          SPIN_LOCK,
          "bpf_res_spin_lock",
          TIMER,
          "bpf_wq",
          "bpf_task_work",
          "bpf_list_head",
          "bpf_list_node",
          "bpf_rb_root",
          "bpf_rb_node",
          "bpf_refcount");

  private static final Set<String> POINTER_TAGS =
      Set.of("kptr_untrusted", "kptr", "percpu_kptr", "uptr");

  private final List<Field> fields;

  private SpecialFields(List<Field> fields) {
    this.fields = fields;
  }

  /** The fields of a map's value, by offset. */
  public static SpecialFields of(MapSpec map) {
    Btf btf = map.btf();
    if (btf == null || map.valueTypeId() == 0 || !btf.hasType(map.valueTypeId())) {
      return NONE;
    }
    List<Field> found = new ArrayList<>();
    new Search(btf, found).in(map.valueTypeId(), 0, 0);
    found.sort(Comparator.comparingInt(Field::offset));
    return found.isEmpty() ? NONE : new SpecialFields(List.copyOf(found));
  }

  public List<Field> all() {
    return fields;
  }

  /** The first field of a kind, or null. */
  public @Nullable Field first(String kind) {
    for (Field field : fields) {
      if (field.kind().equals(kind)) {
        return field;
      }
    }
    return null;
  }

  /** The first field of a kind that the verifier does not follow, or null. */
  public @Nullable String missing() {
    for (Field field : fields) {
      if (!field.kind().equals(SPIN_LOCK) && !field.kind().equals(TIMER)) {
        return field.kind();
      }
    }
    return null;
  }

  /** The walk through a type. */
  private static final class Search {
    private static final int MAX_DEPTH = 16;

    private final Btf btf;
    private final List<Field> found;

    /** Types still to be looked at: hostile BTF must not make the walk explode. */
    private int budget = 10_000;

    Search(Btf btf, List<Field> found) {
      this.btf = btf;
      this.found = found;
    }

    void in(int id, int offset, int depth) {
      int type = depth > MAX_DEPTH || budget-- <= 0 ? -1 : btf.skip(id, true);
      if (type < 0) {
        return;
      }
      switch (btf.kind(type)) {
        case BtfKind.STRUCT, BtfKind.UNION -> inMembers(type, offset, depth);
        case BtfKind.DATASEC -> {
          for (int i = 0; i < btf.vlen(type); i++) {
            in(btf.sectionVarType(type, i), offset + btf.sectionVarOffset(type, i), depth + 1);
          }
        }
        case BtfKind.VAR -> in(btf.target(type), offset, depth + 1);
        case BtfKind.ARRAY -> inElements(type, offset, depth);
        case BtfKind.PTR -> inTags(btf.target(type), offset);
        default -> {}
      }
    }

    private void inMembers(int type, int offset, int depth) {
      if (STRUCTS.contains(btf.name(type))) {
        found.add(new Field(btf.name(type), offset, btf.size(type)));
        return;
      }
      for (int i = 0; i < btf.vlen(type); i++) {
        in(btf.memberType(type, i), offset + btf.memberBitOffset(type, i) / 8, depth + 1);
      }
    }

    private void inElements(int array, int offset, int depth) {
      int before = found.size();
      long size = btf.sizeOf(btf.arrayElement(array));
      for (int i = 0; i < btf.arrayLength(array) && budget > 0; i++) {
        in(btf.arrayElement(array), offset + (int) (i * size), depth + 1);
        if (found.size() == before) {
          return; // no element has any
        }
      }
    }

    /** A pointer is special by the tags between it and what it points to. */
    private void inTags(int target, int offset) {
      int at = target;
      for (int i = 0; i < MAX_DEPTH && BtfKind.isModifier(btf.kind(at)); i++) {
        if (btf.kind(at) == BtfKind.TYPE_TAG && POINTER_TAGS.contains(btf.name(at))) {
          found.add(new Field(btf.name(at), offset, 8));
          return;
        }
        at = btf.target(at);
      }
    }
  }
}

package dev.skep.program;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Fields of a map's value or of a program's own struct that programs may not touch like plain
 * bytes: locks, timers, lists, trees, kernel pointers (struct btf_record).
 */
public final class SpecialFields {
  // Kinds of fields (enum btf_field_type).
  public static final int SPIN_LOCK = 1;
  public static final int TIMER = 1 << 1;
  public static final int KPTR_UNREF = 1 << 2;
  public static final int KPTR_REF = 1 << 3;
  public static final int KPTR_PERCPU = 1 << 4;
  public static final int KPTR = KPTR_UNREF | KPTR_REF | KPTR_PERCPU;
  public static final int LIST_HEAD = 1 << 5;
  public static final int LIST_NODE = 1 << 6;
  public static final int RB_ROOT = 1 << 7;
  public static final int RB_NODE = 1 << 8;
  public static final int GRAPH_NODE = LIST_NODE | RB_NODE;
  public static final int GRAPH_ROOT = LIST_HEAD | RB_ROOT;
  public static final int REFCOUNT = 1 << 9;
  public static final int WORKQUEUE = 1 << 10;
  public static final int UPTR = 1 << 11;
  public static final int RES_SPIN_LOCK = 1 << 12;
  public static final int TASK_WORK = 1 << 13;

  /** What a map's value may hold (map_check_btf). */
  public static final int IN_MAPS =
      SPIN_LOCK
          | RES_SPIN_LOCK
          | TIMER
          | KPTR
          | LIST_HEAD
          | RB_ROOT
          | REFCOUNT
          | WORKQUEUE
          | UPTR
          | TASK_WORK;

  /** What a struct of a program may hold (btf_parse_struct_metas). */
  public static final int IN_OBJECTS =
      SPIN_LOCK | RES_SPIN_LOCK | LIST_HEAD | LIST_NODE | RB_ROOT | RB_NODE | REFCOUNT | KPTR;

  /** {@link Field#btf}: the BTF that the field itself is described in. */
  public static final int LOCAL = -1;

  /** No special field at all. */
  public static final SpecialFields NONE = new SpecialFields(List.of(), 0);

  /**
   * One field.
   *
   * @param kind one bit
   * @param offset in the value, bytes
   * @param size bytes
   * @param btf where {@code typeId} is: {@link #LOCAL}, 0 for vmlinux, or n for the kernel's n-th
   *     module
   * @param typeId the struct that a pointer points to or that a list or tree holds, else 0
   * @param nodeName the member of that struct that hangs in the list or tree, else empty
   * @param nodeOffset where that member lies in its struct
   */
  public record Field(
      int kind, int offset, int size, int btf, int typeId, String nodeName, int nodeOffset) {
    /** As messages have it (btf_field_type_name). */
    public String name() {
      return SpecialFields.name(kind);
    }

    /** The same field of a later element of an array, or of an enclosing struct. */
    Field moved(int distance) {
      return new Field(kind, offset + distance, size, btf, typeId, nodeName, nodeOffset);
    }
  }

  private final List<Field> fields;
  private final int errno;
  private final int mask;

  private SpecialFields(List<Field> fields, int errno) {
    this.fields = fields;
    this.errno = errno;
    int bits = 0;
    for (Field field : fields) {
      bits |= field.kind();
    }
    mask = bits;
  }

  /** A type whose fields cannot be: no field counts. */
  static SpecialFields failed(int errno) {
    return new SpecialFields(List.of(), errno);
  }

  static SpecialFields sorted(List<Field> fields) {
    return new SpecialFields(
        fields.stream().sorted(Comparator.comparingInt(Field::offset)).toList(), 0);
  }

  /**
   * The fields of a map's value. A value with fields that cannot be is as good as one without:
   * Linux creates such maps and refuses what wants the fields.
   *
   * @param kernel where pointers find their structs; null for a look at the kinds alone
   */
  public static SpecialFields of(MapSpec map, @Nullable KernelTypes kernel) {
    Btf btf = map.btf();
    if (btf == null || map.valueTypeId() == 0 || !btf.hasType(map.valueTypeId())) {
      return NONE;
    }
    int type = btf.skip(map.valueTypeId(), true);
    return type < 0 ? NONE : parse(btf, type, IN_MAPS, map.valueSize(), kernel);
  }

  /**
   * The fields of a struct or a section of variables (btf_parse_fields).
   *
   * @param mask kinds to look for; others are plain bytes
   * @param valueSize size of what holds them
   * @return the fields by offset; {@link #errno} tells what is wrong with them
   */
  public static SpecialFields parse(
      Btf btf, int typeId, int mask, int valueSize, @Nullable KernelTypes kernel) {
    return new SpecialFieldSearch(btf, mask, kernel).run(typeId, valueSize);
  }

  /** 0, or why the type's fields cannot be. */
  public int errno() {
    return errno;
  }

  public List<Field> all() {
    return fields;
  }

  /** All kinds that there are. */
  public int mask() {
    return mask;
  }

  public boolean isEmpty() {
    return fields.isEmpty();
  }

  /** Whether there is a field of any of these kinds (btf_record_has_field). */
  public boolean has(int kinds) {
    return (mask & kinds) != 0;
  }

  /** The first field of any of these kinds, or null. */
  public @Nullable Field first(int kinds) {
    for (Field field : fields) {
      if ((field.kind() & kinds) != 0) {
        return field;
      }
    }
    return null;
  }

  /** The field of any of these kinds at an offset, or null (btf_record_find). */
  public @Nullable Field find(long offset, int kinds) {
    for (Field field : fields) {
      if (field.offset() == offset) {
        return (field.kind() & kinds) != 0 ? field : null;
      }
    }
    return null;
  }

  /**
   * Whether a map may have such values (the second half of map_check_btf).
   *
   * @return 0, or the errno of BPF_MAP_CREATE
   */
  public int checkMap(MapSpec map) {
    if (isEmpty()) {
      return 0;
    }
    if ((map.flags() & PROGRAM_ACCESS) != 0) {
      return Errno.EACCES;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      if (!mayHold(map.type(), Integer.lowestOneBit(rest))) {
        return Errno.EOPNOTSUPP;
      }
    }
    Btf btf = map.btf();
    for (Field field : fields) {
      int errno = field.kind() != UPTR || btf == null ? 0 : checkUserPointer(btf, field);
      if (errno != 0) {
        return errno;
      }
    }
    return 0;
  }

  private static final int PROGRAM_ACCESS = 1 << 7 | 1 << 8;
  private static final int PAGE_SIZE = 4096;

  /** What it points to is the program's own and lies in one page (btf_check_and_fixup_fields). */
  private static int checkUserPointer(Btf btf, Field field) {
    if (field.btf() != LOCAL || btf.size(field.typeId()) == 0) {
      return Errno.EINVAL;
    }
    return Integer.compareUnsigned(btf.size(field.typeId()), PAGE_SIZE) > 0 ? Errno.E2BIG : 0;
  }

  private static boolean mayHold(MapType type, int kind) {
    return switch (kind) {
      case SPIN_LOCK, RES_SPIN_LOCK ->
          type == MapType.HASH
              || type == MapType.ARRAY
              || type == MapType.CGROUP_STORAGE
              || isLocalStorage(type);
      case TIMER, WORKQUEUE, TASK_WORK, LIST_HEAD, RB_ROOT ->
          type == MapType.HASH || type == MapType.LRU_HASH || type == MapType.ARRAY;
      case KPTR_UNREF, KPTR_REF, KPTR_PERCPU, REFCOUNT ->
          switch (type) {
            case HASH, PERCPU_HASH, LRU_HASH, LRU_PERCPU_HASH, ARRAY, PERCPU_ARRAY -> true;
            default -> isLocalStorage(type);
          };
      case UPTR -> type == MapType.TASK_STORAGE;
      default -> false;
    };
  }

  private static boolean isLocalStorage(MapType type) {
    return switch (type) {
      case SK_STORAGE, INODE_STORAGE, TASK_STORAGE, CGRP_STORAGE -> true;
      default -> false;
    };
  }

  /** How messages name a kind. */
  public static String name(int kind) {
    return switch (kind) {
      case SPIN_LOCK -> "bpf_spin_lock";
      case RES_SPIN_LOCK -> "bpf_res_spin_lock";
      case TIMER -> "bpf_timer";
      case WORKQUEUE -> "bpf_wq";
      case KPTR_UNREF, KPTR_REF -> "kptr";
      case KPTR_PERCPU -> "percpu_kptr";
      case UPTR -> "uptr";
      case LIST_HEAD -> "bpf_list_head";
      case LIST_NODE -> "bpf_list_node";
      case RB_ROOT -> "bpf_rb_root";
      case RB_NODE -> "bpf_rb_node";
      case REFCOUNT -> "bpf_refcount";
      case TASK_WORK -> "bpf_task_work";
      default -> "unknown";
    };
  }

  static boolean isStruct(Btf btf, int id) {
    return btf.kind(id) == BtfKind.STRUCT;
  }
}

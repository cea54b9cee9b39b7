package dev.skep.program;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import org.jspecify.annotations.Nullable;

/**
 * The special fields of the structs that a program allocates (struct btf_struct_metas). Only a
 * struct that has such a field as a member of its own counts; what nested structs and arrays hold
 * does not make it one.
 */
public final class ObjectFields {
  private static final int[] NAMED = {
    SpecialFields.SPIN_LOCK,
    SpecialFields.LIST_HEAD,
    SpecialFields.LIST_NODE,
    SpecialFields.RB_ROOT,
    SpecialFields.RB_NODE,
    SpecialFields.REFCOUNT
  };

  private final Btf btf;
  private final @Nullable KernelTypes kernel;
  private final int[] structs = new int[NAMED.length];
  private final @Nullable SpecialFields[] known;

  /** The structs of a BTF, looked at as they are asked for. */
  public ObjectFields(Btf btf, @Nullable KernelTypes kernel) {
    this.btf = btf;
    this.kernel = kernel;
    for (int i = 0; i < NAMED.length; i++) {
      structs[i] = btf.find(SpecialFields.name(NAMED[i]), BtfKind.STRUCT);
    }
    known = new SpecialFields[btf.typeCount()];
  }

  /** The special fields of a struct, {@link SpecialFields#NONE} for none (btf_find_struct_meta). */
  public SpecialFields of(int type) {
    SpecialFields fields = known[type];
    if (fields == null) {
      fields = isSpecial(type) ? parse(type) : SpecialFields.NONE;
      known[type] = fields;
    }
    return fields;
  }

  /**
   * Whether the kernel takes a BTF with these structs (btf_parse_struct_metas,
   * btf_check_and_fixup_fields): their fields must be in order, and what owns objects by a list or
   * tree and is in one itself must not own further owners.
   *
   * @return 0, or the errno of BPF_BTF_LOAD
   */
  public int check() {
    if (!hasAny()) {
      return 0;
    }
    for (int type = 1; type < known.length; type++) {
      int errno = of(type).errno();
      if (errno != 0) {
        return errno;
      }
    }
    for (int type = 1; type < known.length; type++) {
      int errno = checkOwnership(of(type));
      if (errno != 0) {
        return errno;
      }
    }
    return 0;
  }

  /**
   * Whether what the lists and trees of a value hold may be in them.
   *
   * @param fields of a map's value or of a struct of the BTF
   * @return 0 or an errno
   */
  public int checkOwnership(SpecialFields fields) {
    if (!fields.has(SpecialFields.GRAPH_ROOT)) {
      return 0;
    }
    for (SpecialFields.Field field : fields.all()) {
      if ((field.kind() & SpecialFields.GRAPH_ROOT) == 0) {
        continue;
      }
      SpecialFields held = of(field.typeId());
      if (held.isEmpty()) {
        return Errno.EFAULT;
      }
      if (fields.has(SpecialFields.GRAPH_NODE) && held.has(SpecialFields.GRAPH_ROOT)) {
        return Errno.ELOOP;
      }
    }
    return 0;
  }

  /** Whether the BTF knows any kind of field at all. */
  private boolean hasAny() {
    for (int struct : structs) {
      if (struct != 0) {
        return true;
      }
    }
    return btf.find("kptr", BtfKind.TYPE_TAG) != 0
        || btf.find("kptr_untrusted", BtfKind.TYPE_TAG) != 0
        || btf.find("percpu_kptr", BtfKind.TYPE_TAG) != 0;
  }

  private SpecialFields parse(int type) {
    SpecialFields fields =
        SpecialFields.parse(btf, type, SpecialFields.IN_OBJECTS, btf.size(type), kernel);
    boolean lost = fields.isEmpty() && fields.errno() == 0;
    return lost ? SpecialFields.failed(Errno.EFAULT) : fields;
  }

  private boolean isSpecial(int type) {
    if (!SpecialFields.isStruct(btf, type)) {
      return false;
    }
    for (int i = 0; i < btf.vlen(type); i++) {
      int member = btf.memberType(type, i);
      for (int struct : structs) {
        if (struct != 0 && struct == member) {
          return true;
        }
      }
      int kind = btf.kind(member);
      boolean pointer = kind == BtfKind.PTR || kind == BtfKind.VOLATILE;
      if (pointer && SpecialFieldSearch.isKernelPointer(btf, member)) {
        return true;
      }
    }
    return false;
  }
}

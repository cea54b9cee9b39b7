package dev.skep.program;

import static dev.skep.program.SpecialFields.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.SpecialFields.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The walk through a type that finds its special fields (btf_find_field). */
final class SpecialFieldSearch {
  /** BTF_FIELDS_MAX. */
  private static final int MAX_FIELDS = 11;

  /** Structs of which a map may own an instance: they have a destructor. */
  private static final Set<String> OWNABLE =
      Set.of(
          "task_struct",
          "cgroup",
          "bpf_cpumask",
          "bpf_crypto_ctx",
          "prog_test_ref_kfunc",
          "prog_test_member");

  /** Kinds told by the name of their struct, in the order in which names are compared. */
  private static final int[] NAMED = {
    SPIN_LOCK,
    RES_SPIN_LOCK,
    TIMER,
    WORKQUEUE,
    TASK_WORK,
    LIST_HEAD,
    LIST_NODE,
    RB_ROOT,
    RB_NODE,
    REFCOUNT
  };

  /** Kinds of which a struct has one at most. */
  private static final int UNIQUE = SPIN_LOCK | RES_SPIN_LOCK | TIMER | WORKQUEUE | TASK_WORK;

  /** Kinds that arrays may hold. */
  private static final int REPEATABLE = KPTR | UPTR | LIST_HEAD | RB_ROOT;

  private final Btf btf;
  private final int mask;
  private final @Nullable KernelTypes kernel;
  private final List<Field> found = new ArrayList<>();

  /** Why the search failed, 0 if it did not. */
  private int errno;

  /** Members still to be looked at: structs that hold themselves must not make the walk explode. */
  private int budget = 100_000;

  SpecialFieldSearch(Btf btf, int mask, @Nullable KernelTypes kernel) {
    this.btf = btf;
    this.mask = mask;
    this.kernel = kernel;
  }

  SpecialFields run(int type, int valueSize) {
    switch (btf.kind(type)) {
      case BtfKind.STRUCT -> members(type, 0);
      case BtfKind.DATASEC -> variables(type);
      default -> errno = Errno.EINVAL;
    }
    if (errno == 0 && found.isEmpty()) {
      return NONE;
    }
    if (errno == 0) {
      errno = resolve(valueSize);
    }
    return errno != 0 ? SpecialFields.failed(errno) : SpecialFields.sorted(found);
  }

  // The walk ----------------------------------------------------------------------------------

  private void members(int type, int level) {
    int seen = 0;
    for (int i = 0; i < btf.vlen(type) && errno == 0; i++) {
      int bits = btf.memberBitOffset(type, i);
      if (bits % 8 != 0) {
        errno = Errno.EINVAL;
        return;
      }
      seen = one(type, i, btf.memberType(type, i), bits >>> 3, 0, seen, level);
    }
  }

  private void variables(int section) {
    int seen = 0;
    for (int i = 0; i < btf.vlen(section) && errno == 0; i++) {
      int variable = btf.sectionVarType(section, i);
      int offset = btf.sectionVarOffset(section, i);
      int size = btf.sectionVarSize(section, i);
      seen = one(variable, -1, btf.target(variable), offset, size, seen, 0);
    }
  }

  /**
   * One member or variable (btf_find_field_one).
   *
   * @param owner the struct or variable that tags hang on
   * @param member its index in the struct, -1 for a variable
   * @param expected size the section gives a variable, 0 for none
   * @param seen kinds that were seen in this struct
   * @return the same with this one
   */
  private int one(int owner, int member, int id, int offset, int expected, int seen, int level) {
    if (--budget < 0) {
      errno = Errno.E2BIG;
      return seen;
    }
    int type = id;
    int elements = 1;
    int depth = 0;
    for (; depth < Btf.MAX_RESOLVE_DEPTH && btf.kind(type) == BtfKind.ARRAY; depth++) {
      elements *= btf.arrayLength(type);
      type = btf.arrayElement(type);
    }
    if (depth == Btf.MAX_RESOLVE_DEPTH) {
      errno = Errno.E2BIG;
      return seen;
    }
    if (elements == 0) {
      return seen;
    }
    int kind = kind(type);
    if (kind == 0) {
      if (isStruct(btf, type) && (expected == 0 || expected == btf.size(type) * elements)) {
        nested(type, offset, elements, level + 1);
      }
      return seen;
    }
    if ((seen & kind & UNIQUE) != 0) {
      errno = Errno.E2BIG;
      return seen;
    }
    boolean fits = expected == 0 || expected == size(kind) * elements;
    if (fits && Integer.remainderUnsigned(offset, alignment(kind)) == 0) {
      field(owner, member, type, kind, offset, elements);
    }
    return seen | kind & UNIQUE;
  }

  /** What a member's type asks to be treated as, 0 for nothing special (btf_get_field_type). */
  private int kind(int type) {
    String name = btf.name(type);
    for (int kind : NAMED) {
      if ((mask & kind) != 0 && SpecialFields.name(kind).equals(name)) {
        return kind;
      }
    }
    return (mask & (KPTR | UPTR)) != 0 && !isStruct(btf, type) ? KPTR_REF : 0;
  }

  private void nested(int type, int offset, int elements, int level) {
    if (level >= Btf.MAX_RESOLVE_DEPTH) {
      errno = Errno.E2BIG;
      return;
    }
    int first = found.size();
    members(type, level);
    if (errno != 0) {
      return;
    }
    for (int i = first; i < found.size(); i++) {
      found.set(i, found.get(i).moved(offset));
    }
    repeat(first, elements, btf.size(type));
  }

  private void field(int owner, int member, int type, int kind, int offset, int elements) {
    int size = size(kind);
    Field field =
        switch (kind) {
          case KPTR_REF -> pointer(type, offset);
          case LIST_HEAD, RB_ROOT -> root(owner, member, type, kind, offset);
          default -> isStruct(btf, type) && btf.size(type) == size ? plain(kind, offset, 0) : null;
        };
    if (field == null) {
      return;
    }
    if (found.size() == MAX_FIELDS) {
      errno = Errno.E2BIG;
      return;
    }
    int first = found.size();
    found.add(field);
    repeat(first, elements, size);
  }

  private static Field plain(int kind, int offset, int type) {
    return new Field(kind, offset, size(kind), LOCAL, type, "", 0);
  }

  /** The fields of the first element of an array are those of every element. */
  private void repeat(int first, int elements, int size) {
    int count = found.size() - first;
    if (elements == 1 || count == 0) {
      return;
    }
    for (int i = first; i < found.size(); i++) {
      if ((found.get(i).kind() & REPEATABLE) == 0) {
        errno = Errno.EINVAL;
        return;
      }
    }
    if (Integer.compareUnsigned(count * elements, MAX_FIELDS - first) > 0) {
      errno = Errno.E2BIG;
      return;
    }
    for (int k = 1; k < elements; k++) {
      for (int i = 0; i < count; i++) {
        found.add(found.get(first + i).moved(k * size));
      }
    }
  }

  // Pointers ----------------------------------------------------------------------------------

  /** Whether a type is a pointer to an object that a map or another object may own. */
  static boolean isKernelPointer(Btf btf, int id) {
    SpecialFieldSearch search = new SpecialFieldSearch(btf, KPTR, null);
    return search.pointer(id, 0) != null && search.errno == 0;
  }

  /** A pointer is special by the tag between it and what it points to (btf_find_kptr). */
  private @Nullable Field pointer(int id, int offset) {
    int type = btf.kind(id) == BtfKind.VOLATILE ? btf.target(id) : id;
    if (btf.kind(type) != BtfKind.PTR) {
      return null;
    }
    int tag = btf.target(type);
    if (btf.kind(tag) != BtfKind.TYPE_TAG || btf.kindFlag(tag)) {
      return null;
    }
    if (btf.kind(btf.target(tag)) == BtfKind.TYPE_TAG) {
      errno = Errno.EINVAL;
      return null;
    }
    int kind =
        switch (btf.name(tag)) {
          case "kptr_untrusted" -> KPTR_UNREF;
          case "kptr" -> KPTR_REF;
          case "percpu_kptr" -> KPTR_PERCPU;
          case "uptr" -> UPTR;
          default -> 0;
        };
    if (kind == 0) {
      errno = Errno.EINVAL;
    }
    if ((kind & mask) == 0) {
      return null;
    }
    int target = btf.skip(btf.target(tag), true);
    if (target < 0 || !isStruct(btf, target)) {
      errno = Errno.EINVAL;
      return null;
    }
    return plain(kind, offset, target);
  }

  /** Finds the struct of the kernel that a pointer points to (btf_parse_kptr). */
  private Field resolve(Field field) {
    KernelTypes types = kernel;
    if (types == null) {
      return field;
    }
    Btf vmlinux = types.vmlinux();
    if (vmlinux == null) {
      throw new UnsupportedException("pointers in values and objects without the kernel's BTF");
    }
    String name = btf.name(field.typeId());
    int id = vmlinux.find(name, BtfKind.STRUCT);
    int number = 0;
    List<KernelTypes.Module> modules = id == 0 ? types.modules() : List.of();
    for (int i = 0; i < modules.size() && id == 0; i++) {
      id = modules.get(i).btf().find(name, BtfKind.STRUCT);
      number = i + 1;
    }
    if (id == 0) {
      return field;
    }
    if (field.kind() == KPTR_REF && !OWNABLE.contains(name)) {
      errno = Errno.ENOENT;
    }
    return new Field(field.kind(), field.offset(), field.size(), number, id, "", 0);
  }

  // Lists and trees ---------------------------------------------------------------------------

  private @Nullable Field root(int owner, int member, int type, int kind, int offset) {
    if (!isStruct(btf, type) || btf.size(type) != size(kind)) {
      return null;
    }
    String contains = contains(owner, member);
    int colon = contains.indexOf(':');
    if (colon < 0) {
      errno = Errno.EINVAL;
      return null;
    }
    int value = btf.find(contains.substring(0, colon), BtfKind.STRUCT);
    String node = contains.substring(colon + 1);
    if (value == 0 || node.isEmpty()) {
      errno = value == 0 ? Errno.ENOENT : Errno.EINVAL;
      return null;
    }
    return new Field(kind, offset, size(kind), LOCAL, value, node, 0);
  }

  /** What the one "contains:" tag says, empty for none or several (btf_find_decl_tag_value). */
  private String contains(int owner, int member) {
    String key = "contains:";
    String value = "";
    for (int id = 1; id < btf.typeCount(); id++) {
      if (btf.kind(id) == BtfKind.DECL_TAG
          && btf.target(id) == owner
          && btf.tagComponent(id) == member
          && btf.name(id).startsWith(key)) {
        if (!value.isEmpty()) {
          return "";
        }
        value = btf.name(id).substring(key.length());
      }
    }
    return value;
  }

  /** Finds the node in what a list or tree holds (btf_parse_graph_root). */
  private Field resolveRoot(Field field) {
    int kind = field.kind() == LIST_HEAD ? LIST_NODE : RB_NODE;
    int struct = field.typeId();
    int offset = -1;
    for (int i = 0; i < btf.vlen(struct); i++) {
      if (!btf.string(btf.memberNameOffset(struct, i)).equals(field.nodeName())) {
        continue;
      }
      int type = btf.memberType(struct, i);
      int bits = btf.memberBitOffset(struct, i);
      if (offset >= 0
          || !isStruct(btf, type)
          || !btf.name(type).equals(SpecialFields.name(kind))
          || bits % (8 * alignment(kind)) != 0) {
        errno = Errno.EINVAL;
        return field;
      }
      offset = bits / 8;
    }
    if (offset < 0) {
      errno = Errno.ENOENT;
    }
    return new Field(
        field.kind(), field.offset(), field.size(), LOCAL, struct, field.nodeName(), offset);
  }

  // All fields together -----------------------------------------------------------------------

  private int resolve(int valueSize) {
    int next = 0;
    int kinds = 0;
    for (int i = 0; i < found.size(); i++) {
      Field field = found.get(i);
      if (Integer.compareUnsigned(field.offset() + field.size(), valueSize) > 0) {
        return Errno.EFAULT;
      }
      if (Integer.compareUnsigned(field.offset(), next) < 0) {
        return Errno.EEXIST;
      }
      next = field.offset() + field.size();
      kinds |= field.kind();
      if ((field.kind() & (KPTR | UPTR)) != 0) {
        found.set(i, resolve(field));
      } else if ((field.kind() & GRAPH_ROOT) != 0) {
        found.set(i, resolveRoot(field));
      }
      if (errno != 0) {
        return errno;
      }
    }
    return checkTogether(kinds);
  }

  private static int checkTogether(int kinds) {
    int locks = kinds & (SPIN_LOCK | RES_SPIN_LOCK);
    boolean both = locks == (SPIN_LOCK | RES_SPIN_LOCK);
    boolean unlocked = (kinds & GRAPH_ROOT) != 0 && locks == 0;
    boolean uncounted = (kinds & REFCOUNT) == 0 && (kinds & GRAPH_NODE) == GRAPH_NODE;
    return both || unlocked || uncounted ? Errno.EINVAL : 0;
  }

  private static int size(int kind) {
    return switch (kind) {
      case SPIN_LOCK, RES_SPIN_LOCK, REFCOUNT -> 4;
      case TIMER, WORKQUEUE, LIST_HEAD, RB_ROOT -> 16;
      case LIST_NODE -> 24;
      case RB_NODE -> 32;
      default -> 8;
    };
  }

  private static int alignment(int kind) {
    return size(kind) == 4 ? 4 : 8;
  }
}

package dev.skep.btf;

import dev.skep.errors.MalformedException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Resolves CO-RE relocations of an object's types against those of a kernel, by libbpf's rules: a
 * type is looked for by its essential name, members by name, and all candidates must agree.
 */
public final class CoreResolver {
  private static final int MAX_STEPS = 1 << 20;

  private final Btf local;
  private final Btf target;
  private final CoreTypes types;
  private final Map<Integer, int[]> candidates = new HashMap<>();
  private int steps;

  public CoreResolver(Btf local, Btf target) {
    this.local = local;
    this.target = target;
    this.types = new CoreTypes(local, target);
  }

  /** {@link #symbol}: the kernel has another type under that name. */
  public static final int INCOMPATIBLE = -1;

  /** {@link #symbol}: the kernel has nothing of that name. */
  public static final int ABSENT = 0;

  /**
   * Finds a variable or function of the kernel that the object declares, by name and type
   * (bpf_object__resolve_ksym_var_btf_id and _func_btf_id). A function may have a flavor.
   *
   * @param declared VAR or FUNC of the object
   * @return the id of the kernel's, {@link #ABSENT} or {@link #INCOMPATIBLE}
   */
  public int symbol(int declared) {
    int kind = local.kind(declared);
    boolean function = kind == BtfKind.FUNC;
    String name = local.name(declared);
    int found = target.find(function ? CoreNames.essential(name) : name, kind);
    if (found == 0) {
      return ABSENT;
    }
    int wanted = function ? local.target(declared) : local.skip(local.target(declared), true);
    int actual = function ? target.target(found) : target.skip(target.target(found), true);
    boolean fits = wanted >= 0 && actual >= 0 && types.compatible(wanted, actual);
    return fits ? found : INCOMPATIBLE;
  }

  /**
   * Resolves one relocation.
   *
   * @param root id of the local type that the access string starts from
   * @throws MalformedException if the local path is broken or candidates disagree
   */
  public CoreValue resolve(int root, String access, CoreKind kind) {
    if (!local.hasType(root)) {
      throw new MalformedException("CO-RE relocation of type [" + root + "], which is none");
    }
    CoreSpec spec = CoreSpec.parse(local, root, access, kind);
    if (kind == CoreKind.LOCAL_TYPE_ID) {
      return new CoreValue(root, root, false, false, 0, 0, false);
    }
    if (local.nameOffset(root) == 0) {
      throw new MalformedException(
          "CO-RE relocation (" + kind.text() + ") of anonymous type [" + root + "]");
    }
    CoreValue found = null;
    long foundOffset = 0;
    int[] all = candidates.computeIfAbsent(root, this::find);
    int kept = 0;
    int[] matching = new int[all.length];
    for (int id : all) {
      CoreSpec match = match(spec, id, kind);
      if (match == null) {
        continue;
      }
      CoreValue value = value(spec, match, kind);
      if (found == null) {
        found = value;
        foundOffset = match.bitOffset;
      } else {
        requireSame(found, foundOffset, value, match.bitOffset);
      }
      matching[kept++] = id;
    }
    if (found == null) {
      return value(spec, null, kind);
    }
    candidates.put(root, java.util.Arrays.copyOf(matching, kept));
    return found;
  }

  private static void requireSame(CoreValue a, long aOffset, CoreValue b, long bOffset) {
    if (aOffset != bOffset) {
      throw new MalformedException("field offset ambiguity: " + bOffset + " != " + aOffset);
    }
    if (a.poison() != b.poison() || a.value() != b.value()) {
      throw new MalformedException(
          "relocation decision ambiguity: " + decision(b) + " != " + decision(a));
    }
  }

  private static String decision(CoreValue value) {
    return (value.poison() ? "failure " : "success ") + Long.toUnsignedString(value.value());
  }

  /** The types of another BTF with the kind and essential name of a type (bpf_core_find_cands). */
  public static int[] candidates(Btf local, int type, Btf target) {
    return new CoreResolver(local, target).find(type);
  }

  /** The types of the target with the kind and essential name of a local type. */
  private int[] find(int root) {
    String essential = CoreNames.essential(local.name(root));
    byte[] prefix = essential.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    int[] found = new int[4];
    int count = 0;
    for (int id = 1; id < target.typeCount(); id++) {
      if (!CoreTypes.sameKind(local.kind(root), target.kind(id))
          || !target.stringStartsWith(target.nameOffset(id), prefix)
          || !CoreNames.essential(target.name(id)).equals(essential)) {
        continue;
      }
      if (count == found.length) {
        found = java.util.Arrays.copyOf(found, 2 * count);
      }
      found[count++] = id;
    }
    return java.util.Arrays.copyOf(found, count);
  }

  /** The local path in a candidate, or null if it is not there (bpf_core_spec_match). */
  private @Nullable CoreSpec match(CoreSpec spec, int candidate, CoreKind kind) {
    steps = 0;
    CoreSpec match = new CoreSpec(target, candidate);
    if (kind.isTypeBased()) {
      boolean same =
          kind == CoreKind.TYPE_MATCHES
              ? types.matches(spec.root, candidate)
              : types.compatible(spec.root, candidate);
      return same ? match : null;
    }
    int at = resolved(candidate);
    if (!kind.isFieldBased()) {
      return matchEnumerator(spec, match, at) ? match : null;
    }
    for (int i = 0; i < spec.steps.size(); i++) {
      CoreSpec.Step step = spec.steps.get(i);
      at = resolved(at);
      if (step.name() != null) {
        at = matchMember(step, at, match);
      } else {
        at = i == 0 ? at : element(match, at, step.index());
        if (at > 0) {
          match.enter(at);
          long size = target.sizeOf(at);
          if (size < 0) {
            throw new MalformedException("target type [" + at + "] has no size");
          }
          match.steps.add(new CoreSpec.Step(at, step.index(), null));
          match.bitOffset += step.index() * size * 8;
        }
      }
      if (at <= 0) {
        return null;
      }
    }
    return match;
  }

  private boolean matchEnumerator(CoreSpec spec, CoreSpec match, int id) {
    String name = spec.last().name();
    if (name == null || !BtfKind.isAnyEnum(target.kind(id))) {
      return false;
    }
    for (int i = 0; i < target.vlen(id); i++) {
      String other = target.string(target.enumNameOffset(id, i));
      if (CoreNames.sameEssential(name, other)) {
        match.steps.add(new CoreSpec.Step(id, i, other));
        return true;
      }
    }
    return false;
  }

  /** The element type of an array that has the index, or 0. */
  private int element(CoreSpec match, int array, int index) {
    if (target.kind(array) != BtfKind.ARRAY) {
      return 0;
    }
    boolean outside = Integer.compareUnsigned(index, target.arrayLength(array)) >= 0;
    if (outside && !match.endsInFlexibleArray(array)) {
      return 0;
    }
    return resolved(target.arrayElement(array));
  }

  /**
   * Finds a member by name, through anonymous ones, and adds it to the path; the first of that name
   * decides.
   *
   * @return the member's type, 0 if none has the name, -1 if its type does not fit
   */
  private int matchMember(CoreSpec.Step step, int struct, CoreSpec match) {
    int id = resolved(struct);
    if (!BtfKind.isComposite(target.kind(id))) {
      return 0;
    }
    for (int i = 0; i < target.vlen(id); i++) {
      if (++steps > MAX_STEPS) {
        throw new MalformedException("target type [" + id + "] nests too deep");
      }
      match.enter(id);
      long offset = target.memberBitOffset(id, i) & 0xffffffffL;
      String name = target.string(target.memberNameOffset(id, i));
      int type = target.memberType(id, i);
      if (name.isEmpty()) {
        match.bitOffset += offset;
        int found = matchMember(step, type, match);
        if (found != 0) {
          return found;
        }
        match.bitOffset -= offset;
      } else if (name.equals(step.name())) {
        match.bitOffset += offset;
        match.steps.add(new CoreSpec.Step(id, i, name));
        int wanted = local.memberType(step.type(), step.index());
        return types.fieldsCompatible(wanted, type) ? type : -1;
      }
      match.leave();
    }
    return 0;
  }

  private int resolved(int id) {
    int at = target.skip(id, true);
    if (at < 0) {
      throw new MalformedException("target type [" + id + "] is an endless chain");
    }
    return at;
  }

  private CoreValue value(CoreSpec spec, @Nullable CoreSpec match, CoreKind kind) {
    return switch (kind) {
      case FIELD_EXISTS, ENUMVAL_EXISTS, TYPE_EXISTS, TYPE_MATCHES ->
          plain(1, match == null ? 0 : 1);
      case TARGET_TYPE_ID ->
          new CoreValue(spec.root, match == null ? 0 : match.root, false, false, 0, 0, false);
      case TYPE_SIZE -> plain(sizeOfRoot(spec), match == null ? 0 : sizeOfRoot(match));
      case ENUMVAL_VALUE ->
          match == null
              ? poison(enumerator(spec), true)
              : plain(enumerator(spec), enumerator(match));
      default -> field(spec, match, kind);
    };
  }

  private static CoreValue plain(long original, long value) {
    return new CoreValue(original, value, false, true, 0, 0, false);
  }

  private static CoreValue poison(long original, boolean validate) {
    return new CoreValue(original, 0, true, validate, 0, 0, false);
  }

  private static long sizeOfRoot(CoreSpec spec) {
    long size = spec.btf.sizeOf(spec.root);
    if (size < 0) {
      throw new MalformedException("btf: type [" + spec.root + "] has no size");
    }
    return size;
  }

  /** An enumerator's value; that of a 32-bit enum is sign-extended whatever the enum says. */
  private static long enumerator(CoreSpec spec) {
    CoreSpec.Step step = spec.last();
    long value = spec.btf.enumValue(step.type(), step.index());
    return spec.btf.kind(step.type()) == BtfKind.ENUM ? (int) value : value;
  }

  private CoreValue field(CoreSpec spec, @Nullable CoreSpec match, CoreKind kind) {
    CoreFields before = CoreFields.of(spec, kind);
    if (match == null) {
      return poison(before.value, before.validate);
    }
    CoreFields after = CoreFields.of(match, kind);
    boolean unsafe = before.bytes != after.bytes && !mayResize(before.type, after.type);
    return new CoreValue(
        before.value, after.value, false, before.validate, before.bytes, after.bytes, unsafe);
  }

  /** Whether zero extension makes a load of another size read the same: pointers, unsigned ints. */
  private boolean mayResize(int localType, int targetType) {
    int kind = local.kind(localType);
    if (kind != target.kind(targetType)) {
      return false;
    }
    return kind == BtfKind.PTR
        || kind == BtfKind.INT
            && local.intEncoding(localType) != 1
            && target.intEncoding(targetType) != 1;
  }
}

package dev.skep.btf;

import dev.skep.errors.MalformedException;

/**
 * Whether a local type and one of the target stand for the same thing, in the three senses of
 * libbpf: as a field, as a whole, and in every detail.
 */
final class CoreTypes {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_STEPS = 1 << 20;

  private final Btf local;
  private final Btf target;
  private int steps;

  CoreTypes(Btf local, Btf target) {
    this.local = local;
    this.target = target;
  }

  static boolean sameKind(int localKind, int targetKind) {
    return localKind == targetKind || BtfKind.isAnyEnum(localKind) && BtfKind.isAnyEnum(targetKind);
  }

  private static int resolved(Btf btf, int id) {
    int at = btf.skip(id, true);
    if (at < 0) {
      throw new MalformedException("btf: type [" + id + "] is an endless chain");
    }
    return at;
  }

  private void step(int depth) {
    if (depth > MAX_DEPTH || ++steps > MAX_STEPS) {
      throw new MalformedException("btf: types to compare nest too deep");
    }
  }

  /** bpf_core_fields_are_compat: members of these types may be read for each other. */
  boolean fieldsCompatible(int localId, int targetId) {
    int a = resolved(local, localId);
    int b = resolved(target, targetId);
    for (int depth = 0; ; depth++) {
      step(depth);
      int kind = local.kind(a);
      int other = target.kind(b);
      if (BtfKind.isComposite(kind) && BtfKind.isComposite(other)) {
        return true;
      }
      if (!sameKind(kind, other)) {
        return false;
      }
      if (kind != BtfKind.ARRAY) {
        return switch (kind) {
          case BtfKind.PTR, BtfKind.FLOAT -> true;
          case BtfKind.FWD, BtfKind.ENUM, BtfKind.ENUM64 ->
              local.nameOffset(a) == 0
                  || target.nameOffset(b) == 0
                  || CoreNames.sameEssential(local.name(a), target.name(b));
          case BtfKind.INT -> local.intBitOffset(a) == 0 && target.intBitOffset(b) == 0;
          default -> false;
        };
      }
      a = resolved(local, local.arrayElement(a));
      b = resolved(target, target.arrayElement(b));
    }
  }

  /** bpf_core_types_are_compat: the same type as far as a program can tell from its name. */
  boolean compatible(int localId, int targetId) {
    steps = 0;
    return sameKind(local.kind(localId), target.kind(targetId)) && compatible(localId, targetId, 0);
  }

  private boolean compatible(int localId, int targetId, int depth) {
    step(depth);
    int a = resolved(local, localId);
    int b = resolved(target, targetId);
    int kind = local.kind(a);
    if (!sameKind(kind, target.kind(b))) {
      return false;
    }
    return switch (kind) {
      case BtfKind.VOID, BtfKind.STRUCT, BtfKind.UNION, BtfKind.ENUM, BtfKind.ENUM64, BtfKind.FWD ->
          true;
      case BtfKind.INT -> local.intBitOffset(a) == 0 && target.intBitOffset(b) == 0;
      case BtfKind.PTR -> compatible(local.target(a), target.target(b), depth + 1);
      case BtfKind.ARRAY -> compatible(local.arrayElement(a), target.arrayElement(b), depth + 1);
      case BtfKind.FUNC_PROTO -> {
        boolean same = local.vlen(a) == target.vlen(b);
        for (int i = 0; same && i < local.vlen(a); i++) {
          same = compatible(local.paramType(a, i), target.paramType(b, i), depth + 1);
        }
        yield same && compatible(local.target(a), target.target(b), depth + 1);
      }
      default -> false;
    };
  }

  /** bpf_core_types_match: the same shape in every detail that the local type has. */
  boolean matches(int localId, int targetId) {
    steps = 0;
    return matches(localId, targetId, false, 0);
  }

  private boolean matches(int localId, int targetId, boolean pointed, int depth) {
    step(depth);
    int a = resolved(local, localId);
    int b = resolved(target, targetId);
    int kind = local.kind(a);
    int other = target.kind(b);
    if (!CoreNames.sameEssential(local.name(a), target.name(b))) {
      return false;
    }
    return switch (kind) {
      case BtfKind.VOID -> other == BtfKind.VOID;
      case BtfKind.FWD -> forwardMatches(a, b, pointed);
      case BtfKind.ENUM, BtfKind.ENUM64 -> BtfKind.isAnyEnum(other) && enumMatches(a, b);
      case BtfKind.STRUCT, BtfKind.UNION -> {
        if (pointed) {
          boolean union = kind == BtfKind.UNION;
          yield kind == other || other == BtfKind.FWD && union == target.kindFlag(b);
        }
        yield kind == other && membersMatch(a, b, depth);
      }
      case BtfKind.INT ->
          other == BtfKind.INT
              && local.size(a) == target.size(b)
              && (local.intEncoding(a) & 1) == (target.intEncoding(b) & 1);
      case BtfKind.PTR ->
          other == kind && matches(local.target(a), target.target(b), true, depth + 1);
      case BtfKind.ARRAY ->
          other == kind
              && local.arrayLength(a) == target.arrayLength(b)
              && matches(local.arrayElement(a), target.arrayElement(b), pointed, depth + 1);
      case BtfKind.FUNC_PROTO -> {
        boolean same = other == kind && local.vlen(a) == target.vlen(b);
        for (int i = 0; same && i < local.vlen(a); i++) {
          same = matches(local.paramType(a, i), target.paramType(b, i), pointed, depth + 1);
        }
        yield same && matches(local.target(a), target.target(b), pointed, depth + 1);
      }
      default -> false;
    };
  }

  private boolean forwardMatches(int a, int b, boolean pointed) {
    boolean union = local.kindFlag(a);
    int other = target.kind(b);
    if (other == BtfKind.FWD) {
      return union == target.kindFlag(b);
    }
    return pointed && other == (union ? BtfKind.UNION : BtfKind.STRUCT);
  }

  private boolean enumMatches(int a, int b) {
    if (local.size(a) != target.size(b) || local.vlen(a) > target.vlen(b)) {
      return false;
    }
    for (int i = 0; i < local.vlen(a); i++) {
      String name = local.string(local.enumNameOffset(a, i));
      boolean found = false;
      for (int j = 0; j < target.vlen(b) && !found; j++) {
        step(0);
        found = CoreNames.sameEssential(name, target.string(target.enumNameOffset(b, j)));
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  private boolean membersMatch(int a, int b, int depth) {
    if (local.vlen(a) > target.vlen(b)) {
      return false;
    }
    for (int i = 0; i < local.vlen(a); i++) {
      String name = local.string(local.memberNameOffset(a, i));
      boolean found = false;
      for (int j = 0; j < target.vlen(b) && !found; j++) {
        step(depth);
        found =
            CoreNames.sameEssential(name, target.string(target.memberNameOffset(b, j)))
                && matches(local.memberType(a, i), target.memberType(b, j), false, depth + 1);
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }
}

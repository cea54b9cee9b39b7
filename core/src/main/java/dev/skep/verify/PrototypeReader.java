package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.btf.CoreResolver;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;

/**
 * Derives from BTF what the arguments of a subprogram are (btf_prepare_func_args): its types, and
 * the declaration tags "arg:" that say more than types can.
 */
final class PrototypeReader {
  private static final int MAX_ARGUMENTS = 5;
  private static final int TAG_CONTEXT = 1;
  private static final int TAG_NONNULL = 2;
  private static final int TAG_TRUSTED = 4;
  private static final int TAG_UNTRUSTED = 8;
  private static final int TAG_NULLABLE = 16;
  private static final int TAG_ARENA = 32;

  private final Env env;

  PrototypeReader(Env env) {
    this.env = env;
  }

  /** Fills in {@link Subprog#argKinds} and {@link Subprog#argSizes} once. */
  void prepare(Subprog subprog) {
    Btf btf = env.program.btf();
    if (subprog.prepared || btf == null) {
      return;
    }
    int proto = btf.target(subprog.funcTypeId);
    int count = btf.vlen(proto);
    if (count > MAX_ARGUMENTS) {
      throw refuse(
          subprog,
          "Global function " + subprog.name + "() with " + count + " > 5 args. Buggy compiler.");
    }
    if (!isNumber(btf, behind(btf, btf.target(proto)))) {
      throw refuse(
          subprog,
          "Global function "
              + subprog.name
              + "() doesn't return scalar. Only those are supported.");
    }
    subprog.argKinds = new int[count];
    subprog.argSizes = new int[count];
    for (int i = 0; i < count; i++) {
      argument(btf, subprog, proto, i);
    }
    subprog.prepared = true;
  }

  /** Says why, unless the function is static: then nobody relies on its prototype. */
  private Rejection refuse(Subprog subprog, String why) {
    return subprog.global ? env.reject(Errno.EINVAL, why) : new Rejection(Errno.EINVAL);
  }

  private void argument(Btf btf, Subprog subprog, int proto, int i) {
    int tags = tags(btf, subprog, i);
    int type = behind(btf, btf.paramType(proto, i));
    if (btf.kind(type) == BtfKind.PTR && pointer(btf, subprog, type, tags, i)) {
      return;
    }
    if (tags != 0) {
      throw env.reject(Errno.EINVAL, "arg#" + i + " has pointer tag, but is not a pointer type");
    }
    if (!isNumber(btf, type)) {
      throw refuse(
          subprog,
          "Arg#"
              + i
              + " type "
              + BtfKind.name(btf.kind(type))
              + " in "
              + subprog.name
              + "() is not supported yet.");
    }
    subprog.argKinds[i] = Prototypes.SCALAR;
  }

  private boolean pointer(Btf btf, Subprog subprog, int pointer, int tags, int i) {
    int target = btf.target(pointer);
    boolean tagged = (tags & TAG_CONTEXT) != 0;
    if (tagged || ContextTypes.isContext(env.program.resolvedType(), btf, target)) {
      only(tags, TAG_CONTEXT, i);
      String objection = tagged ? ContextTypes.objection(env.program, btf, target) : null;
      if (objection != null) {
        throw env.reject(Errno.EINVAL, "arg#" + i + " " + objection);
      }
      subprog.argKinds[i] = Prototypes.CONTEXT;
      return true;
    }
    int type = behind(btf, target);
    if ((btf.kind(type) == BtfKind.STRUCT || btf.kind(type) == BtfKind.FWD)
        && btf.name(type).equals("bpf_dynptr")) {
      only(tags, 0, i);
      subprog.argKinds[i] = Prototypes.DYNPTR;
      return true;
    }
    if ((tags & TAG_TRUSTED) != 0) {
      only(tags, TAG_TRUSTED | TAG_NULLABLE | TAG_UNTRUSTED | TAG_ARENA, i);
      boolean mayBeNull = (tags & TAG_NULLABLE) != 0;
      subprog.argSizes[i] = kernelType(btf, target, i);
      subprog.argKinds[i] = mayBeNull ? Prototypes.TRUSTED_OR_NULL : Prototypes.TRUSTED;
      return true;
    }
    if ((tags & TAG_UNTRUSTED) != 0) {
      untrusted(btf, subprog, target, tags, i);
      return true;
    }
    if ((tags & TAG_ARENA) != 0) {
      if (tags != TAG_ARENA) {
        throw env.reject(
            Errno.EINVAL, "arg#" + i + " arena cannot be combined with any other tags");
      }
      subprog.argKinds[i] = Prototypes.ARENA;
      return true;
    }
    if (!subprog.global) {
      return false;
    }
    only(tags, TAG_NONNULL, i);
    memory(btf, subprog, type, tags, i);
    return true;
  }

  private void only(int tags, int allowed, int i) {
    if ((tags & ~allowed) != 0) {
      throw env.reject(Errno.EINVAL, "arg#" + i + " has invalid combination of tags");
    }
  }

  private void memory(Btf btf, Subprog subprog, int type, int tags, int i) {
    long size = btf.sizeOf(type);
    if (size < 0) {
      throw env.reject(
          Errno.EINVAL, reference(btf, type, i) + "size cannot be determined: " + -Errno.EINVAL);
    }
    boolean nonnull = (tags & TAG_NONNULL) != 0;
    subprog.argKinds[i] = nonnull ? Prototypes.MEMORY : Prototypes.MEMORY_OR_NULL;
    subprog.argSizes[i] = (int) size;
  }

  private void untrusted(Btf btf, Subprog subprog, int target, int tags, int i) {
    if (tags != TAG_UNTRUSTED) {
      throw env.reject(
          Errno.EINVAL, "arg#" + i + " untrusted cannot be combined with any other tags");
    }
    int type = behind(btf, target);
    if (type == 0 || isPrimitive(btf, type)) {
      subprog.argKinds[i] = Prototypes.UNTRUSTED_MEMORY;
      return;
    }
    int id = kernelType(btf, target, i);
    Btf kernel = env.btfs.of(BtfObjects.VMLINUX);
    int kind = kernel.kind(id);
    if (kind != BtfKind.STRUCT && kind != BtfKind.UNION) {
      throw env.reject(
          Errno.EINVAL,
          "arg#"
              + i
              + " has type "
              + BtfKind.name(kind)
              + " '', but only struct or primitive types are allowed");
    }
    subprog.argKinds[i] = Prototypes.UNTRUSTED;
    subprog.argSizes[i] = id;
  }

  /** Numbers, and enumerations that hold one (btf_type_is_primitive). */
  private static boolean isPrimitive(Btf btf, int type) {
    return isNumber(btf, type);
  }

  /** The type of the kernel with the name of one of the program's (btf_get_ptr_to_btf_id). */
  private int kernelType(Btf btf, int target, int i) {
    int type = behind(btf, target);
    if (type == 0 || btf.name(type).isEmpty()) {
      throw env.reject(
          Errno.EINVAL, reference(btf, type, i) + "candidate matching error: " + -Errno.EINVAL);
    }
    Btf kernel = env.btfs.vmlinux();
    if (kernel == null) {
      throw new UnsupportedException("pointers to kernel types without the kernel's BTF");
    }
    int[] candidates = CoreResolver.candidates(btf, type, kernel);
    if (candidates.length > 1) {
      throw env.reject(Errno.ESRCH, reference(btf, type, i) + "is ambiguous");
    }
    if (candidates.length == 1) {
      return candidates[0];
    }
    if (env.btfs.inModule(btf, type)) {
      throw env.reject(
          Errno.EOPNOTSUPP, reference(btf, type, i) + "points to kernel module type (unsupported)");
    }
    throw env.reject(Errno.ENOENT, reference(btf, type, i) + "has no matches");
  }

  private static String reference(Btf btf, int type, int i) {
    String kind = type == 0 ? "UNKNOWN" : BtfKind.name(btf.kind(type));
    String name = type == 0 ? "" : btf.name(type);
    return "arg#" + i + " reference type('" + kind + " " + name + "') ";
  }

  /** The "arg:" declaration tags of an argument. */
  private int tags(Btf btf, Subprog subprog, int i) {
    int tags = 0;
    for (int id = 1; id < btf.typeCount(); id++) {
      if (btf.kind(id) != BtfKind.DECL_TAG
          || btf.target(id) != subprog.funcTypeId
          || btf.tagComponent(id) != i
          || !btf.name(id).startsWith("arg:")) {
        continue;
      }
      if (!subprog.global) {
        throw env.reject(
            Errno.EOPNOTSUPP, "arg#" + i + " type tag is not supported in static functions");
      }
      tags |=
          switch (btf.name(id)) {
            case "arg:ctx" -> TAG_CONTEXT;
            case "arg:trusted" -> TAG_TRUSTED;
            case "arg:untrusted" -> TAG_UNTRUSTED;
            case "arg:nonnull" -> TAG_NONNULL;
            case "arg:nullable" -> TAG_NULLABLE;
            case "arg:arena" -> TAG_ARENA;
            default ->
                throw env.reject(Errno.EOPNOTSUPP, "arg#" + i + " has unsupported set of tags");
          };
    }
    return tags;
  }

  private static boolean isNumber(Btf btf, int type) {
    int kind = btf.kind(type);
    return kind == BtfKind.INT || kind == BtfKind.ENUM || kind == BtfKind.ENUM64;
  }

  /** The type behind all modifiers and typedefs. */
  private static int behind(Btf btf, int id) {
    int type = btf.skip(id, true);
    if (type < 0) {
      throw new Rejection(Errno.EINVAL);
    }
    return type;
  }
}

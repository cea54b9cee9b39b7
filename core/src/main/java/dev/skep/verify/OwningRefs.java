package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.program.SpecialFields;

/**
 * Pointers to allocated objects that the program owns, and those that are good only as long as a
 * lock keeps the object in its list or tree (NON_OWN_REF).
 */
final class OwningRefs {
  private static final int NON_OWNING = MEM_ALLOC | NON_OWN_REF;

  private final Env env;
  private final References references;

  OwningRefs(Env env) {
    this.env = env;
    references = new References(env);
  }

  /** Whether a type is a pointer to an object that a program allocated (type_is_ptr_alloc_obj). */
  static boolean isObject(int type) {
    return RegType.base(type) == BTF_ID && (type & MEM_ALLOC) != 0;
  }

  /** type_is_non_owning_ref. */
  static boolean isNonOwning(int type) {
    return RegType.base(type) == BTF_ID && (type & NON_OWNING) == NON_OWNING;
  }

  /** The register's object is owned by a list or tree (ref_set_non_owning). */
  void setNonOwning(long[] r, int at) {
    if (env.cur.activeLocks == 0) {
      throw env.bug("reference without a lock");
    }
    int type = Reg.type(r, at) | NON_OWN_REF;
    boolean counted = env.recordOf(r, at).has(SpecialFields.REFCOUNT);
    Reg.setType(r, at, counted ? type | MEM_RCU : type);
  }

  /** A list or tree takes the object over (ref_convert_owning_non_owning, then the release). */
  void giveAway(int reference) {
    if (reference == 0 || !env.cur.release(reference)) {
      throw env.bug("owner of an object");
    }
    references.each((r, at) -> {
      if (Reg.refObjId(r, at) == reference) {
        Reg.setRefObjId(r, at, 0);
        setNonOwning(r, at);
      }
    });
  }

  /** Without the lock others may free the objects (invalidate_non_owning_refs). */
  void forgetNonOwning() {
    references.each((r, at) -> {
      if (isNonOwning(Reg.type(r, at))) {
        env.invalidate(r, at);
      }
    });
  }
}

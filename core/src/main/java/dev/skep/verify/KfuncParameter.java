package dev.skep.verify;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;

/**
 * One parameter of a kfunc: what its BTF type and the suffix of its name ask for
 * (get_kfunc_ptr_arg_type, as far as no register decides).
 *
 * @param type behind modifiers and typedefs
 * @param target what a pointer points to, behind modifiers; 0 for void and for no pointer
 */
record KfuncParameter(Btf btf, String name, int type, int target) {
  /** How deep structs may lie in what is to be plain memory. */
  private static final int MAX_NESTING = 3;

  static KfuncParameter of(CalledKfuncs.Called kfunc, int index) {
    Btf btf = kfunc.btf();
    int type = btf.skip(btf.paramType(kfunc.proto(), index), true);
    boolean pointer = type > 0 && btf.kind(type) == BtfKind.PTR;
    String name = btf.string(btf.paramNameOffset(kfunc.proto(), index));
    return new KfuncParameter(btf, name, type, pointer ? btf.skip(btf.target(type), true) : 0);
  }

  /** The same parameter, for a pointer to another type. */
  KfuncParameter pointingTo(int struct) {
    return new KfuncParameter(btf, name, type, struct);
  }

  boolean isPointer() {
    return type > 0 && btf.kind(type) == BtfKind.PTR;
  }

  boolean isNumber() {
    return isNumber(btf, type);
  }

  static boolean isNumber(Btf btf, int type) {
    return type > 0
        && switch (btf.kind(type)) {
          case BtfKind.INT, BtfKind.ENUM, BtfKind.ENUM64 -> true;
          default -> false;
        };
  }

  boolean has(String suffix) {
    return name.endsWith(suffix);
  }

  boolean is(String struct) {
    return target > 0 && btf.kind(target) == BtfKind.STRUCT && btf.name(target).equals(struct);
  }

  boolean isDynptr() {
    return is("bpf_dynptr");
  }

  boolean isUninitialised() {
    return has("__uninit");
  }

  boolean mayBeNull() {
    return has("__nullable");
  }

  /** Objects that programs allocate, lists and trees, and what is in them. */
  boolean isGraph() {
    return has("__alloc")
        || has("__refcounted_kptr")
        || is("bpf_list_head")
        || is("bpf_list_node")
        || is("bpf_rb_root")
        || is("bpf_rb_node");
  }

  /** Locks and work: told by name. */
  boolean isWork() {
    return is("bpf_wq") || is("bpf_task_work") || is("bpf_res_spin_lock");
  }

  boolean isFunction() {
    return target > 0 && btf.kind(target) == BtfKind.FUNC_PROTO;
  }

  boolean isStruct() {
    return isStruct(btf, target);
  }

  /** "STRUCT sk_buff", as messages name a type. */
  String targetText() {
    return target == 0 ? "UNKNOWN " : BtfKind.name(btf.kind(target)) + " " + btf.name(target);
  }

  /** Whether it points to a number, or to a struct of nothing but numbers. */
  boolean isPlainMemory(VerifierLog log) {
    return isNumber(btf, target) || isPlainStruct(target, 0, log);
  }

  private boolean isPlainStruct(int struct, int depth, VerifierLog log) {
    return isPlainStruct(btf, struct, depth, log);
  }

  /** Whether a struct holds nothing but numbers (__btf_type_is_scalar_struct). */
  static boolean isPlainStruct(Btf btf, int struct, int depth, VerifierLog log) {
    if (!isStruct(btf, struct)) {
      return false;
    }
    for (int i = 0; i < btf.vlen(struct); i++) {
      int member = btf.skip(btf.memberType(struct, i), true);
      if (isStruct(btf, member)) {
        if (depth >= MAX_NESTING) {
          log.add("max struct nesting depth exceeded").line();
          return false;
        }
        if (!isPlainStruct(btf, member, depth + 1, log)) {
          return false;
        }
        continue;
      }
      if (member > 0 && btf.kind(member) == BtfKind.ARRAY) {
        member = btf.arrayLength(member) == 0 ? 0 : btf.skip(btf.arrayElement(member), true);
      }
      if (!isNumber(btf, member)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isStruct(Btf btf, int type) {
    return type > 0 && (btf.kind(type) == BtfKind.STRUCT || btf.kind(type) == BtfKind.UNION);
  }
}

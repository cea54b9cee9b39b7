package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.errors.Errno;
import dev.skep.program.SpecialFields;

/** Arguments of kfuncs that are allocated objects, lists, trees and the nodes in them. */
final class GraphArguments {
  private static final int OBJECT = BTF_ID | MEM_ALLOC;

  private final Env env;

  GraphArguments(Env env) {
    this.env = env;
  }

  /** An object that the call frees (KF_ARG_PTR_TO_ALLOC_BTF_ID). */
  void object(CalledKfuncs.Called kfunc, int i, KfuncCall call) {
    int type = Reg.type(env.regs(), Frame.reg(i + 1));
    String drops =
        switch (type) {
          case OBJECT -> "bpf_obj_drop_impl";
          case OBJECT | MEM_PERCPU -> "bpf_percpu_obj_drop_impl";
          default -> throw notAnObject(i);
        };
    if (!kfunc.name().equals(drops)) {
      throw env.reject(Errno.EINVAL, "arg#" + i + " expected for " + drops + "()");
    }
    mustBeReferenced(i + 1);
    note(i + 1, call);
  }

  /** An object that counts its owners (KF_ARG_PTR_TO_REFCOUNTED_KPTR). */
  void counted(int i, KfuncCall call) {
    long[] r = env.regs();
    int at = Frame.reg(i + 1);
    int type = Reg.type(r, at);
    if (!OwningRefs.isObject(type)) {
      throw env.reject(Errno.EINVAL, "arg#" + i + " is neither owning or non-owning ref");
    }
    call.owning = !OwningRefs.isNonOwning(type);
    SpecialFields record = env.recordOf(r, at);
    if (record == SpecialFields.NONE) {
      throw env.bug("object without special fields");
    }
    if (!record.has(SpecialFields.REFCOUNT)) {
      throw env.reject(
          Errno.EINVAL, "arg#" + i + " doesn't point to a type with bpf_refcount field");
    }
    note(i + 1, call);
  }

  /** The head of a list or root of a tree (__process_kf_arg_ptr_to_graph_root). */
  void root(int i, int kind, KfuncCall call) {
    int regno = i + 1;
    long[] r = env.regs();
    int at = Frame.reg(regno);
    int type = Reg.type(r, at);
    if (type != MAP_VALUE && type != OBJECT) {
      throw env.reject(
          Errno.EINVAL, "arg#" + i + " expected pointer to map value or allocated object");
    }
    if (type == OBJECT) {
      mustBeReferenced(regno);
    }
    String name = SpecialFields.name(kind);
    mustBeConstant(regno, name);
    int off = Reg.off(r, at) + (int) Reg.value(r, at);
    SpecialFields record = env.recordOf(r, at);
    SpecialFields.Field field = record.find(off, kind);
    if (field == null) {
      throw notFound(name, off);
    }
    checkLocked(regno, record, name);
    call.root = field;
  }

  /** check_reg_allocation_locked: the lock that protects a root is beside it. */
  private void checkLocked(int regno, SpecialFields record, String name) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    State state = env.cur;
    if (state.activeLocks != 0 && state.holdsLock(Reg.id(r, at), Locks.place(r, at))) {
      return;
    }
    if (state.activeLocks != 0) {
      env.verbose("held lock and object are not in the same allocation\n");
    }
    SpecialFields.Field lock = record.first(SpecialFields.SPIN_LOCK);
    throw env.reject(
        Errno.EINVAL,
        "bpf_spin_lock at off="
            + (lock == null ? -Errno.EINVAL : lock.offset())
            + " must be held for "
            + name);
  }

  /** An object that is put into a list or tree: the program must own it. */
  void ownedNode(int i, int kind, KfuncCall call) {
    if (Reg.type(env.regs(), Frame.reg(i + 1)) != OBJECT) {
      throw notAnObject(i);
    }
    mustBeReferenced(i + 1);
    node(i + 1, kind, call);
  }

  /** A node that is in a tree already. */
  void nodeInTree(CalledKfuncs.Called kfunc, int i, KfuncCall call) {
    long[] r = env.regs();
    int at = Frame.reg(i + 1);
    if (!OwningRefs.isNonOwning(Reg.type(r, at)) && Reg.refObjId(r, at) == 0) {
      throw env.reject(
          Errno.EINVAL,
          kfunc.name() + " can only take non-owning or refcounted bpf_rb_node pointer");
    }
    if (GraphCallbacks.inLessFunction(env)) {
      throw env.reject(Errno.EINVAL, kfunc.name() + " not allowed in rbtree cb");
    }
    node(i + 1, SpecialFields.RB_NODE, call);
  }

  /** __process_kf_arg_ptr_to_graph_node. */
  private void node(int regno, int kind, KfuncCall call) {
    long[] r = env.regs();
    int at = Frame.reg(regno);
    String name = SpecialFields.name(kind);
    mustBeConstant(regno, name);
    int off = Reg.off(r, at) + (int) Reg.value(r, at);
    if (env.recordOf(r, at).find(off, kind) == null) {
      throw notFound(name, off);
    }
    SpecialFields.Field root = call.root;
    if (root == null) {
      throw env.bug("node without a root");
    }
    if (!env.btfs.same(Reg.handle2(r, at), Reg.handle(r, at), root.btf(), root.typeId())) {
      throw env.reject(
          Errno.EINVAL,
          "operation on "
              + root.name()
              + " expects arg#1 "
              + name
              + " at offset="
              + root.nodeOffset()
              + " in struct "
              + env.btfs.name(root.btf(), root.typeId())
              + ", but arg is at offset="
              + off
              + " in struct "
              + env.btfs.name(Reg.handle2(r, at), Reg.handle(r, at)));
    }
    note(regno, call);
    if (off != root.nodeOffset()) {
      throw env.reject(
          Errno.EINVAL,
          "arg#1 offset="
              + off
              + ", but expected "
              + name
              + " at offset="
              + root.nodeOffset()
              + " in struct "
              + env.btfs.name(root.btf(), root.typeId()));
    }
  }

  private void note(int regno, KfuncCall call) {
    call.objectType = Reg.handle(env.regs(), Frame.reg(regno));
    call.objectBtf = Reg.handle2(env.regs(), Frame.reg(regno));
  }

  private Rejection notAnObject(int i) {
    return env.reject(Errno.EINVAL, "arg#" + i + " expected pointer to allocated object");
  }

  private Rejection notFound(String name, int off) {
    return env.reject(Errno.EINVAL, name + " not found at offset=" + Integer.toUnsignedString(off));
  }

  private void mustBeReferenced(int regno) {
    if (Reg.refObjId(env.regs(), Frame.reg(regno)) == 0) {
      throw env.reject(Errno.EINVAL, "allocated object must be referenced");
    }
  }

  private void mustBeConstant(int regno, String name) {
    if (!Reg.isConst(env.regs(), Frame.reg(regno))) {
      throw env.reject(
          Errno.EINVAL,
          "R"
              + regno
              + " doesn't have constant offset. "
              + name
              + " has to be at the constant offset");
    }
  }
}

package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;

/** Objects that programs allocate, of types of their own BTF. */
final class LocalObjects {
  private final Env env;
  private final OwningRefs owning;

  LocalObjects(Env env, OwningRefs owning) {
    this.env = env;
    this.owning = owning;
  }

  /** Whether a type is what lists or trees link (is_list_node_type, is_rbtree_node_type). */
  static boolean isNode(Btf btf, int type) {
    return type > 0
        && btf.kind(type) == BtfKind.STRUCT
        && (btf.name(type).equals("bpf_list_node") || btf.name(type).equals("bpf_rb_node"));
  }

  /** The result of bpf_obj_new. */
  void create(KfuncCall call) {
    if (call.constant >>> 32 != 0) {
      throw env.reject(Errno.EINVAL, "local type ID argument must be in range [0, U32_MAX]");
    }
    Btf btf = env.program.btf();
    if (btf == null) {
      throw env.reject(Errno.EINVAL, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF");
    }
    int type = (int) call.constant;
    if (!btf.hasType(type) || btf.kind(type) != BtfKind.STRUCT) {
      throw env.reject(
          Errno.EINVAL, "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct");
    }
    mark(type, BtfObjects.PROGRAM);
    env.facts.objectSize[env.insn] = btf.size(type);
    note(type);
  }

  /** The result of bpf_refcount_acquire: one more owner. */
  void share(KfuncCall call) {
    mark(call.objectType, call.objectBtf);
    note(call.objectType);
  }

  /** What goes into a list or tree is no longer the program's. */
  void giveAway(String kfunc, KfuncCall call) {
    switch (kfunc) {
      case "bpf_list_push_front_impl", "bpf_list_push_back_impl", "bpf_rbtree_add_impl" -> {
        long[] r = env.regs();
        int node = Frame.reg(2);
        env.facts.nodeOffset[env.insn] = Reg.off(r, node);
        noteType(call);
        owning.giveAway(Reg.refObjId(r, node));
      }
      default -> {}
    }
  }

  /** Notes what the rewriter must tell the call of the object that it gets. */
  void noteType(KfuncCall call) {
    note(call.objectType);
  }

  private void note(int type) {
    env.facts.objectType[env.insn] = env.btfs.objectFields(type).isEmpty() ? 0 : type;
  }

  private void mark(int type, int btf) {
    long[] r = env.regs();
    Reg.markPointer(r, 0, BTF_ID | MEM_ALLOC);
    Reg.setHandles(r, 0, type, btf);
  }
}

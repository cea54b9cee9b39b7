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

  /** Bytes of an object with a copy for every CPU (BPF_GLOBAL_PERCPU_MA_MAX_SIZE). */
  private static final int MAX_PER_CPU = 512;

  /**
   * The result of bpf_obj_new or bpf_percpu_obj_new.
   *
   * @param perCpu whether every CPU has its own copy
   */
  void create(KfuncCall call, boolean perCpu) {
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
    if (perCpu) {
      checkPerCpu(btf, type);
    }
    mark(type, BtfObjects.PROGRAM);
    if (perCpu) {
      Reg.setType(env.regs(), 0, BTF_ID | MEM_ALLOC | MEM_PERCPU);
    }
    env.facts.objectSize[env.insn] = btf.size(type);
    note(type);
  }

  private void checkPerCpu(Btf btf, int type) {
    String what = "bpf_percpu_obj_new type ";
    if (Integer.compareUnsigned(btf.size(type), MAX_PER_CPU) > 0) {
      throw env.reject(
          Errno.EINVAL, what + "size (" + btf.size(type) + ") is greater than " + MAX_PER_CPU);
    }
    if (!KfuncParameter.isPlainStruct(btf, type, 0, env.log)) {
      throw env.reject(Errno.EINVAL, what + "ID argument must be of a struct of scalars");
    }
    if (!env.btfs.objectFields(type).isEmpty()) {
      throw env.reject(Errno.EINVAL, what + "ID argument must not contain special fields");
    }
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

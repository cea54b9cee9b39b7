package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.ProgramType;

/**
 * Calls of kernel functions (fixup_kfunc_call, specialize_kfunc). A call keeps the BTF id of its
 * target; engines put the address.
 */
final class KfuncCalls {
  private final Code code;
  private final Patch patch;

  KfuncCalls(Code code, Patch patch) {
    this.code = code;
    this.patch = patch;
  }

  /**
   * Rewrites one call.
   *
   * @param origin the instruction that verification knew it as, or -1
   */
  void rewrite(long word, int origin) {
    Btf kernel = code.verified.options().kernel().vmlinux();
    int id = InsnWord.imm(word);
    if (id == 0) {
      String reason = "invalid kernel function call not eliminated in verifier pass";
      throw new RejectedException(
          code.program.name() + ": " + reason, Errno.EINVAL, origin, reason + '\n');
    }
    if (kernel == null || !kernel.hasType(id)) {
      throw new UnsupportedException("kfunc calls without the kernel's BTF");
    }
    int program = origin < 0 ? 0 : code.facts.programArgument[origin];
    if (program != 0) {
      patch.emit(
          InsnWord.of(LD_IMM64, program, PSEUDO_BTF_ID, 0, KernelVariable.PROGRAM.ordinal()));
      patch.emit(0);
      patch.emitOld(target(word, kernel, kernel.name(id)));
      return;
    }
    switch (kernel.name(id)) {
      case "bpf_cast_to_kern_ctx", "bpf_rdonly_cast" -> patch.keep(Words.movReg(0, 1));
      case "bpf_dynptr_from_skb" ->
          patch.keep(
              mayWritePacket(code.program.resolvedType())
                  ? word
                  : target(word, kernel, "bpf_dynptr_from_skb_rdonly"));
      case "bpf_obj_new_impl", "bpf_percpu_obj_new_impl" -> {
        patch.emit(Words.movImm(1, code.facts.objectSize[origin]));
        emitFields(2, origin);
        patch.emitOld(word);
      }
      case "bpf_obj_drop_impl", "bpf_percpu_obj_drop_impl", "bpf_refcount_acquire_impl" -> {
        emitFields(2, origin);
        patch.emitOld(word);
      }
      case "bpf_list_push_front_impl", "bpf_list_push_back_impl" -> link(word, origin, 3);
      case "bpf_rbtree_add_impl" -> link(word, origin, 4);
      default -> patch.keep(word);
    }
  }

  /** What is put into a list or tree: its special fields, and where the node is in it. */
  private void link(long word, int origin, int register) {
    emitFields(register, origin);
    patch.emit(Words.movImm(register + 1, code.facts.nodeOffset[origin]));
    patch.emitOld(word);
  }

  /** register = the record of the object's special fields, null for an object without any. */
  private void emitFields(int register, int origin) {
    int type = code.facts.objectType[origin];
    int src = type == 0 ? 0 : PSEUDO_BTF_ID;
    int imm = type == 0 ? 0 : KernelVariable.OBJECT_FIELDS.ordinal();
    patch.emit(InsnWord.of(LD_IMM64, register, src, 0, imm));
    patch.emit(InsnWord.of(0, 0, 0, 0, type));
  }

  private static long target(long word, Btf kernel, String name) {
    int id = kernel.find(name, BtfKind.FUNC);
    if (id <= 0) {
      throw new UnsupportedException("kernel function " + name);
    }
    return InsnWord.withImm(word, id);
  }

  private static boolean mayWritePacket(ProgramType type) {
    return switch (type) {
      case SCHED_CLS, SCHED_ACT, XDP, LWT_XMIT, SK_SKB, SK_MSG, CGROUP_SOCKOPT -> true;
      default -> false;
    };
  }
}

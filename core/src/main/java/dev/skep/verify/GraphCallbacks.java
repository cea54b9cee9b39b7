package dev.skep.verify;

import static dev.skep.verify.RegType.*;

import dev.skep.isa.InsnWord;
import dev.skep.program.SpecialFields;

/** The comparison of two nodes that bpf_rbtree_add calls with the tree's lock held. */
final class GraphCallbacks {
  private final Env env;
  private final FunctionCalls functions;
  private final OwningRefs owning;

  GraphCallbacks(Env env, FunctionCalls functions) {
    this.env = env;
    this.functions = functions;
    owning = new OwningRefs(env);
  }

  /** Whether a callback runs that a tree called (in_rbtree_lock_required_cb). */
  static boolean inLessFunction(Env env) {
    State state = env.cur;
    if (state.curframe == 0 || !state.current().inCallback) {
      return false;
    }
    long call = env.insns[state.current().callsite];
    CalledKfuncs.Called caller = Subprogs.isKfuncCall(call) ? env.kfuncs.at(call) : null;
    return caller != null && InsnWord.off(call) == 0 && isTree(caller.name());
  }

  static boolean isTree(String kfunc) {
    return kfunc.startsWith("bpf_rbtree_");
  }

  static boolean isList(String kfunc) {
    return kfunc.startsWith("bpf_list_");
  }

  /** Queues the callback: both arguments are nodes of the tree (set_rbtree_add_callback_state). */
  void queueLess(int subprog) {
    long[] caller = env.regs();
    int at = Frame.reg(1);
    SpecialFields.Field root =
        env.recordOf(caller, at).find(Reg.off(caller, at), SpecialFields.RB_ROOT);
    Frame callback = functions.queueCallback(subprog);
    if (root == null) {
      throw new Rejection(dev.skep.errors.Errno.EFAULT);
    }
    for (int regno = 1; regno <= 2; regno++) {
      markNode(callback.regs, Frame.reg(regno), root);
      owning.setNonOwning(callback.regs, Frame.reg(regno));
    }
  }

  /** A pointer to a node of a list or tree (mark_reg_graph_node). */
  static void markNode(long[] r, int at, SpecialFields.Field root) {
    Reg.markPointer(r, at, BTF_ID | MEM_ALLOC);
    Reg.setOff(r, at, root.nodeOffset());
    Reg.setHandles(r, at, root.typeId(), root.btf());
  }
}

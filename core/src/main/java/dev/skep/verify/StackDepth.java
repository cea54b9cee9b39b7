package dev.skep.verify;

import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.AttachType;
import dev.skep.program.Dialect;

/** The stack that all frames of a chain of calls need together (check_max_stack_depth). */
final class StackDepth {
  /** Callers of something that tail-calls may use less than this. */
  private static final int TAIL_CALL_LIMIT = 256;

  /** Subprograms that use less get no stack of their own (BPF_PRIV_STACK_MIN_SIZE). */
  private static final int PRIVATE_MIN = 64;

  private final Env env;
  private final boolean jit;
  private final int[] returnInsn = new int[State.MAX_FRAMES];
  private final int[] returnSubprog = new int[State.MAX_FRAMES];

  StackDepth(Env env) {
    this.env = env;
    jit = env.options.host().jit();
  }

  void check() {
    boolean tailCalls = false;
    for (Subprog subprog : env.subprogs) {
      tailCalls |= subprog.hasTailCall;
    }
    boolean privateStacks =
        !tailCalls
            && jit
            && switch (env.program.type()) {
              case KPROBE, TRACEPOINT, PERF_EVENT, RAW_TRACEPOINT -> true;
              // Others that may run within themselves, as iterators never do.
              case TRACING -> env.program.expectedAttachType() != AttachType.TRACE_ITER.number();
              default -> false;
            };
    boolean[] shared = new boolean[env.subprogs.length];
    for (int i = env.subprogs.length - 1; i >= 0; i--) {
      if (i == 0 || env.subprogs[i].asyncCallback) {
        check(i, i == 0 && privateStacks, shared);
      }
    }
    if (tailCalls && env.options.dialect() != Dialect.V6_18) {
      checkCallbacks();
    }
  }

  /** A helper that runs a callback does not hand on where tail calls are counted. */
  private void checkCallbacks() {
    for (Subprog subprog : env.subprogs) {
      if (subprog.callback && reachesTailCall(subprog, new boolean[env.subprogs.length])) {
        throw env.reject(Errno.EINVAL, "cannot tail call within callback");
      }
    }
  }

  private boolean reachesTailCall(Subprog from, boolean[] seen) {
    if (from.hasTailCall || seen[from.number]) {
      return from.hasTailCall;
    }
    seen[from.number] = true;
    for (int i = from.start; i < from.end; i++) {
      int callee = Subprogs.isPseudoCall(env.insns[i]) ? callee(i) : -1;
      if (callee >= 0 && reachesTailCall(env.subprogs[callee], seen)) {
        return true;
      }
    }
    return false;
  }

  /** round_up_stack_depth */
  private int round(int depth) {
    int unit = jit ? 16 : 32;
    return Math.max(jit ? 0 : 1, depth) + unit - 1 & -unit;
  }

  private void check(int root, boolean privateStacks, boolean[] shared) {
    int index = root;
    int insn = env.subprogs[root].start;
    int frame = 0;
    int depth = enter(root, 0, frame, privateStacks, shared);
    boolean reachesTailCall = false;
    while (true) {
      int callee = -1;
      for (; insn < env.subprogs[index].end && callee < 0; insn++) {
        checkThrow(insn, index, frame);
        callee = callee(insn);
      }
      if (callee < 0) {
        if (reachesTailCall) {
          for (int i = 0; i < frame; i++) {
            if (env.subprogs[returnSubprog[i]].exceptionCallback) {
              throw env.reject(Errno.EINVAL, "cannot tail call within exception cb");
            }
            env.subprogs[returnSubprog[i]].tailCallReachable = true;
          }
        }
        if (frame == 0) {
          return;
        }
        if (!env.subprogs[index].privateStack) {
          depth -= round(env.subprogs[index].stackDepth);
        }
        frame--;
        insn = returnInsn[frame];
        index = returnSubprog[frame];
        continue;
      }
      returnInsn[frame] = insn;
      returnSubprog[frame] = index;
      index = callee;
      insn = env.subprogs[callee].start;
      reachesTailCall |= env.subprogs[callee].hasTailCall;
      if (++frame >= State.MAX_FRAMES) {
        throw env.reject(Errno.E2BIG, "the call stack of " + frame + " frames is too deep !");
      }
      depth = enter(callee, depth, frame, privateStacks, shared);
    }
  }

  /** Frames of helpers that run callbacks cannot be left by an exception. */
  private void checkThrow(int insn, int index, int frame) {
    long word = env.insns[insn];
    CalledKfuncs.Called kfunc = Subprogs.isKfuncCall(word) ? env.kfuncs.at(word) : null;
    if (kfunc == null || !kfunc.name().equals("bpf_throw")) {
      return;
    }
    boolean callback = env.subprogs[index].callback;
    for (int i = 0; i < frame; i++) {
      callback |= env.subprogs[returnSubprog[i]].callback;
    }
    if (callback) {
      throw env.reject(
          Errno.EINVAL,
          "bpf_throw kfunc (insn " + insn + ") cannot be called from callback subprog " + index);
    }
  }

  /** The subprogram that an instruction calls or takes the address of, or -1. */
  private int callee(int insn) {
    long word = env.insns[insn];
    boolean call = Subprogs.isPseudoCall(word);
    if (!call && !Subprogs.isPseudoFunc(word)) {
      return -1;
    }
    Subprog callee = env.subprogAt(insn + InsnWord.imm(word) + 1);
    if (callee.exceptionCallback && call) {
      throw env.rejectWithoutLine(
          Errno.EINVAL, "insn " + insn + " cannot call exception cb directly");
    }
    return callee.asyncCallback && !call ? -1 : callee.number;
  }

  private int enter(int index, int before, int frame, boolean privateStacks, boolean[] shared) {
    Subprog subprog = env.subprogs[index];
    shared[index] |= !privateStacks;
    if (index != 0 && subprog.hasTailCall && before >= TAIL_CALL_LIMIT) {
      throw env.reject(
          Errno.EACCES,
          "tail_calls are not allowed when call stack of previous frames is "
              + before
              + " bytes. Too large");
    }
    int own = round(subprog.stackDepth);
    if (privateStacks && !shared[index] && own >= PRIVATE_MIN) {
      subprog.privateStack = true;
    }
    if (subprog.privateStack) {
      if (own > Env.MAX_STACK) {
        throw env.reject(
            Errno.EACCES, "stack size of subprog " + index + " is " + own + ". Too large");
      }
      return before;
    }
    if (before + own > Env.MAX_STACK) {
      throw env.reject(
          Errno.EACCES,
          "combined stack size of " + (frame + 1) + " calls is " + (before + own) + ". Too large");
    }
    return before + own;
  }
}

package dev.skep.verify;

import static dev.skep.errors.Errno.*;
import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.program.Helpers;
import dev.skep.program.Program;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the program into subprograms: one at 0, one at the target of each call of a subprogram and
 * of each ld_imm64 that takes a function's address. Sorted by start; every instruction belongs to
 * one.
 */
final class Subprogs {
  /** BPF_MAX_SUBPROGS, the main program included. */
  static final int MAX = 256;

  private final Subprog[] all;
  private @Nullable Subprog exceptionCallback;

  private Subprogs(Subprog[] all) {
    this.all = all;
  }

  int count() {
    return all.length;
  }

  Subprog get(int number) {
    return all[number];
  }

  Subprog[] all() {
    return all;
  }

  /** The subprogram that an instruction belongs to (bpf_find_containing_subprog). */
  Subprog containing(int insn) {
    int low = 0;
    int high = all.length - 1;
    while (low < high) {
      int middle = low + (high - low + 1) / 2;
      if (all[middle].start <= insn) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return all[low];
  }

  /** The number of the subprogram that starts exactly there, or -1 (find_subprog). */
  int startingAt(int insn) {
    Subprog candidate = containing(insn);
    return candidate.start == insn ? candidate.number : -1;
  }

  /** Finds the subprograms (add_subprog_and_kfunc). */
  static Subprogs find(
      Program program, VerifierOptions options, CalledKfuncs kfuncs, VerifierLog log) {
    long[] insns = program.insns();
    int[] starts = new int[MAX];
    int count = 1;
    log.knownSubprogs = count;
    for (int i = 0; i < insns.length; i++) {
      long word = insns[i];
      if (!isPseudoFunc(word) && !isPseudoCall(word) && !isKfuncCall(word)) {
        continue;
      }
      if (!options.host().bpfCapable()) {
        log.add("loading/calling other bpf or kernel functions are allowed for CAP_BPF");
        log.add(" and CAP_SYS_ADMIN\n");
        throw new Rejection(EPERM);
      }
      if (isKfuncCall(word)) {
        kfuncs.add(word, log);
        continue;
      }
      count = add(starts, count, i + InsnWord.imm(word) + 1, insns.length, log);
      log.knownSubprogs = count;
    }
    int callback = ExceptionCallbacks.find(program, log);
    if (callback != 0) {
      count = add(starts, count, callback, insns.length, log);
    }
    Subprogs found = new Subprogs(layOut(starts, count, insns.length, log));
    if (callback != 0) {
      found.markExceptionCallback(callback);
    }
    return found;
  }

  /** mark_subprog_exc_cb: nothing calls it, and it runs on a stack of its own. */
  private void markExceptionCallback(int start) {
    Subprog subprog = containing(start);
    subprog.callback = true;
    subprog.asyncCallback = true;
    subprog.exceptionCallback = true;
    exceptionCallback = subprog;
  }

  /** What runs when the program throws, null for the default. */
  @Nullable Subprog exceptionCallback() {
    return exceptionCallback;
  }

  private static int add(int[] starts, int count, int start, int insns, VerifierLog log) {
    if (start >= insns || start < 0) {
      log.add("call to invalid destination\n");
      throw new Rejection(EINVAL);
    }
    int at = Arrays.binarySearch(starts, 0, count, start);
    if (at >= 0) {
      return count;
    }
    if (count >= MAX) {
      log.add("too many subprograms\n");
      throw new Rejection(E2BIG);
    }
    int place = -at - 1;
    System.arraycopy(starts, place, starts, place + 1, count - place);
    starts[place] = start;
    return count + 1;
  }

  private static Subprog[] layOut(int[] starts, int count, int insns, VerifierLog log) {
    Subprog[] all = new Subprog[count];
    for (int i = 0; i < count; i++) {
      all[i] = new Subprog(i, starts[i]);
      all[i].end = i + 1 < count ? starts[i + 1] : insns;
      if (log.level2()) {
        log.add("func#").num(i).add(" @").num(starts[i]).line();
      }
    }
    return all;
  }

  /**
   * Checks that jumps stay in their subprogram and that none falls into the next one; notes tail
   * calls and packet loads (check_subprogs).
   */
  void check(long[] insns, VerifierLog log) {
    for (Subprog subprog : all) {
      for (int i = subprog.start; i < subprog.end; i++) {
        checkInsn(subprog, i, insns[i], log);
      }
      int last = InsnWord.code(insns[subprog.end - 1]);
      if (last != EXIT_CODE && last != GOTOL_CODE && last != JA_CODE) {
        log.add("last insn is not an exit or jmp\n");
        throw new Rejection(EINVAL);
      }
    }
  }

  private static void checkInsn(Subprog subprog, int i, long word, VerifierLog log) {
    int code = InsnWord.code(word);
    if (code == CALL_CODE && InsnWord.src(word) == 0 && InsnWord.imm(word) == Helpers.TAIL_CALL) {
      subprog.hasTailCall = true;
      subprog.tailCallReachable = true;
    }
    if (classOf(code) == LD && (mode(code) == ABS || mode(code) == IND)) {
      subprog.hasLdAbs = true;
    }
    if (classOf(code) != JMP && classOf(code) != JMP32 || op(code) == EXIT || op(code) == CALL) {
      return;
    }
    int target = i + Successors.jumpOffset(word) + 1;
    if (target < subprog.start || target >= subprog.end) {
      log.add("jump out of range from insn ").num(i).add(" to ").num(target).line();
      throw new Rejection(EINVAL);
    }
  }

  /** Without BTF, what needs a known return type may not be in subprograms. */
  void checkAbnormalReturn(VerifierLog log) {
    for (int i = 1; i < all.length; i++) {
      if (all[i].hasLdAbs) {
        log.add("LD_ABS is not allowed in subprogs without BTF\n");
        throw new Rejection(EINVAL);
      }
      if (all[i].hasTailCall) {
        log.add("tail_call is not allowed in subprogs without BTF\n");
        throw new Rejection(EINVAL);
      }
    }
  }

  static boolean isPseudoFunc(long word) {
    return InsnWord.code(word) == LD_IMM64 && InsnWord.src(word) == PSEUDO_FUNC;
  }

  static boolean isPseudoCall(long word) {
    return InsnWord.code(word) == CALL_CODE && InsnWord.src(word) == PSEUDO_CALL;
  }

  static boolean isKfuncCall(long word) {
    return InsnWord.code(word) == CALL_CODE && InsnWord.src(word) == PSEUDO_KFUNC_CALL;
  }

  static boolean isHelperCall(long word) {
    return InsnWord.code(word) == CALL_CODE && InsnWord.src(word) == 0;
  }
}

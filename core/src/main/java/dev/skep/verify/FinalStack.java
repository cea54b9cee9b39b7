package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/**
 * The stack that each subprogram has in the end, as the log's line "stack depth" tells it:
 * subprograms that nothing reaches are gone, and inlined calls of bpf_loop and may_goto keep their
 * counters on it (optimize_bpf_loop, do_misc_fixups).
 */
final class FinalStack {
  private static final int BPF_LOOP = 181;

  /** Three registers that an inlined bpf_loop saves. */
  private static final int LOOP_BYTES = 24;

  /** Count and start time of a may_goto. */
  private static final int MAY_GOTO_BYTES = 16;

  private final Env env;
  private final InsnFacts facts;

  /** Instructions that stay: {@code next[i]} follows {@code i}, the program's length ends it. */
  private final int[] next;

  private final int[] previous;

  private FinalStack(Env env) {
    this.env = env;
    facts = env.facts;
    next = new int[env.insnCount + 1];
    previous = new int[env.insnCount + 1];
  }

  /** Depths of an accepted program's subprograms, joined with '+'. */
  static String text(Env env) {
    boolean[] waits = new boolean[env.subprogs.length];
    for (int i = 0; i < env.insnCount; i++) {
      if (env.isMayGoto(i) && env.facts.seen[i]) {
        return new FinalStack(env).withMayGoto(waits);
      }
    }
    return join(env, waits);
  }

  private static String join(Env env, boolean[] waits) {
    StringBuilder text = new StringBuilder();
    for (Subprog subprog : env.subprogs) {
      if (!env.facts.seen[subprog.start]) {
        continue;
      }
      int depth = subprog.stackDepth;
      if (inlinesLoop(env, subprog)) {
        depth = (depth + 7 & -8) + LOOP_BYTES;
      }
      depth += waits[subprog.number] ? MAY_GOTO_BYTES : 0;
      text.append(text.isEmpty() ? "" : "+").append(depth);
    }
    return text.toString();
  }

  private static boolean inlinesLoop(Env env, Subprog subprog) {
    for (int i = subprog.start; i < subprog.end; i++) {
      if (env.facts.inlineLoopFits[i]
          && env.facts.inlineLoopCallback[i] >= 0
          && InsnWord.imm(env.insns[i]) == BPF_LOOP) {
        return true;
      }
    }
    return false;
  }

  /** A may_goto that would go to the next instruction is removed before it gets its slots. */
  private String withMayGoto(boolean[] waits) {
    chain();
    removeNops();
    for (int i = next[env.insnCount]; i < env.insnCount; i = next[i]) {
      if (env.isMayGoto(i)) {
        waits[env.subprogAt(i).number] = true;
      }
    }
    return join(env, waits);
  }

  /** Links what is not dead; the end of the program stands before its beginning, too. */
  private void chain() {
    int last = env.insnCount;
    for (int i = 0; i < env.insnCount; i++) {
      if (facts.seen[i]) {
        next[last] = i;
        previous[i] = last;
        last = i;
      }
    }
    next[last] = env.insnCount;
    previous[env.insnCount] = last;
  }

  /** opt_remove_nops: a may_goto before one that went is looked at again, a jump is not. */
  private void removeNops() {
    boolean[] spills = fastcallSpills();
    int i = next[env.insnCount];
    while (i < env.insnCount) {
      boolean mayGoto = env.isMayGoto(i) && reaches(i, i + 1 + InsnWord.off(env.insns[i]));
      if (!mayGoto && !spills[i] && !isNop(i)) {
        i = next[i];
        continue;
      }
      int before = previous[i];
      int after = next[i];
      next[before] = after;
      previous[after] = before;
      i = mayGoto && before != env.insnCount ? before : after;
    }
  }

  private boolean[] fastcallSpills() {
    boolean[] spills = new boolean[env.insnCount];
    for (int i = 0; i < env.insnCount; i++) {
      for (int j = 1; j <= facts.fastcallSpills[i]; j++) {
        spills[i - j] = true;
        spills[i + j] = true;
      }
    }
    return spills;
  }

  /** Whether the instruction is a jump, or became one, to the instruction that follows. */
  private boolean isNop(int insn) {
    long word = env.insns[insn];
    int code = InsnWord.code(word);
    int group = classOf(code);
    if (group != JMP && group != JMP32 || env.isMayGoto(insn)) {
      return false;
    }
    int op = op(code);
    if (op == CALL || op == EXIT) {
      return false;
    }
    int target = insn + 1 + InsnWord.off(word);
    if (op == JA) {
      return group == JMP && reaches(insn, target);
    }
    return !facts.seen[target] || !facts.seen[insn + 1] && reaches(insn, target);
  }

  /** Whether nothing lies between an instruction and the one that it jumps to. */
  private boolean reaches(int insn, int target) {
    return target > insn && next[insn] >= target;
  }
}

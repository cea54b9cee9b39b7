package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;

/** Takes out what the verifier never walked, and jumps that lead to the next instruction. */
final class DeadCode {
  /** A jump to itself, put in place of dead code for loaders without CAP_BPF. */
  private static final long TRAP = InsnWord.of(JA_CODE, 0, 0, -1, 0);

  private static final long MAY_GOTO_NOP = MAY_GOTO_CODE;

  private DeadCode() {}

  static void run(Code code) {
    if (!code.verified.options().host().bpfCapable()) {
      trap(code);
      return;
    }
    hardWireBranches(code);
    removeUnseen(code);
    removeNops(code);
  }

  /** sanitize_dead_code */
  private static void trap(Code code) {
    for (int i = 0; i < code.length; i++) {
      if (!code.seen(i)) {
        code.insns[i] = TRAP;
        code.zext[i] = false;
      }
    }
  }

  /** opt_hard_wire_dead_code_branches */
  private static void hardWireBranches(Code code) {
    for (int i = 0; i < code.length - 1; i++) {
      long word = code.insns[i];
      if (!Words.isConditionalJump(word)) {
        continue;
      }
      int off = InsnWord.off(word);
      if (!code.seen(i + 1)) {
        code.insns[i] = Words.jump(off);
      } else if (!code.seen(i + 1 + off)) {
        code.insns[i] = Words.NOP;
      }
    }
  }

  /** opt_remove_dead_code */
  private static void removeUnseen(Code code) {
    boolean[] dead = new boolean[code.length];
    boolean any = false;
    for (int i = 0; i < code.length; i++) {
      dead[i] = !code.seen(i);
      any |= dead[i];
    }
    if (any) {
      Removal.remove(code, dead, true);
    }
  }

  /**
   * opt_remove_nops: deletes ja +0 and may_goto +0 in one walk, which goes back by one instruction
   * after a may_goto because the one before may have become a nop by it.
   */
  private static void removeNops(Code code) {
    boolean[] dead = new boolean[code.length];
    int[] previous = new int[code.length];
    boolean any = false;
    int last = -1;
    for (int i = 0; i < code.length; i++) {
      previous[i] = last;
      if (!leadsTo(code, i, i + 1)) {
        last = i;
        continue;
      }
      any = true;
      dead[i] = true;
      boolean back = InsnWord.code(code.insns[i]) == MAY_GOTO_CODE;
      while (back && last >= 0 && leadsTo(code, last, i + 1)) {
        dead[last] = true;
        back = InsnWord.code(code.insns[last]) == MAY_GOTO_CODE;
        last = previous[last];
      }
    }
    if (any) {
      Removal.remove(code, dead, false);
    }
  }

  /** Whether the instruction is a nop when everything between it and {@code next} is deleted. */
  private static boolean leadsTo(Code code, int insn, int next) {
    long word = code.insns[insn];
    long plain = InsnWord.withOff(word, 0);
    if (plain != Words.NOP && plain != MAY_GOTO_NOP) {
      return false;
    }
    int target = insn + 1 + InsnWord.off(word);
    return target > insn && target <= next;
  }
}

package dev.skep.verify;

import java.util.Arrays;

/**
 * How the current state came from its parent checkpoint, as far as going back one instruction at a
 * time does not tell (push_jmp_history): jumps, stack accesses and groups of linked registers.
 *
 * <pre>
 *   word 0   63       52 51      32 31       0
 *            flags       previous   instruction
 *   word 1   linked registers, 0 for none
 * </pre>
 */
final class JumpHistory {
  static final int WORDS = 2;

  static final int FRAME_MASK = 7;
  static final int SLOT_SHIFT = 3;
  static final int SLOT_MASK = 0x3f;

  /** Flag: the instruction spilled to or filled from the slot that the low bits name. */
  static final int STACK_ACCESS = 1 << 9;

  /** Flag: the conditional jump's first operand was a stack pointer. */
  static final int DST_STACK = 1 << 10;

  /** Flag: the conditional jump's second operand was a stack pointer. */
  static final int SRC_STACK = 1 << 11;

  /** {@link #previous}: nothing came before within this state. */
  static final int NONE = Integer.MIN_VALUE;

  /** Entry of the instruction that is being verified, -1 before it has one. */
  private int current = -1;

  /** What {@link #previous} leaves for the next step back. */
  int remaining;

  static int stackAccess(int frame, int spi) {
    return STACK_ACCESS | spi << SLOT_SHIFT | frame;
  }

  /** Begins the next instruction. */
  void nextInsn() {
    current = -1;
  }

  /** Notes the current instruction, once. */
  void push(State state, int insn, int previous, int flags, long linked) {
    if (current >= 0) {
      state.history[current] |= (long) flags << 52;
      state.history[current + 1] = linked;
      return;
    }
    int at = state.historyCount * WORDS;
    if (at == state.history.length) {
      state.history = Arrays.copyOf(state.history, Math.max(8, at * 2));
    }
    state.history[at] = insn | (previous & 0xfffffL) << 32 | (long) flags << 52;
    state.history[at + 1] = linked;
    state.historyCount++;
    current = at;
  }

  void clear(State state) {
    state.historyCount = 0;
    current = -1;
  }

  /** Index of the newest of the first {@code count} entries if it is of this instruction, or -1. */
  static int find(State state, int count, int insn) {
    int at = (count - 1) * WORDS;
    return count > 0 && (int) state.history[at] == insn ? at : -1;
  }

  static int flags(State state, int entry) {
    return (int) (state.history[entry] >>> 52);
  }

  static long linked(State state, int entry) {
    return state.history[entry + 1];
  }

  /**
   * The instruction before this one within the state (get_prev_insn_idx), or {@link #NONE}.
   *
   * @param count history entries not yet consumed; {@link #remaining} says what is left of them
   */
  int previous(State state, int insn, int count) {
    remaining = count;
    if (insn == state.firstInsn && (count == 0 || count == 1 && (int) state.history[0] == insn)) {
      return NONE;
    }
    int at = (count - 1) * WORDS;
    if (count > 0 && (int) state.history[at] == insn) {
      remaining = count - 1;
      return (int) (state.history[at] >>> 32) & 0xfffff;
    }
    return insn - 1;
  }
}

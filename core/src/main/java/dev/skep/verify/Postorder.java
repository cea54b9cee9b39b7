package dev.skep.verify;

/**
 * Orders the instructions of each subprogram so that what follows comes before what precedes
 * (compute_postorder). The children of an instruction count as discovered when they are put on the
 * stack, so this is not always the textbook order; the log depends on it.
 */
final class Postorder {
  private static final int DISCOVERED = 1;
  private static final int EXPLORED = 2;

  private Postorder() {}

  /** Fills {@link InsnMarks#postorder} and each subprogram's part of it. */
  static void compute(long[] insns, Subprogs subprogs, InsnMarks marks) {
    int[] order = new int[insns.length];
    byte[] state = new byte[insns.length];
    int[] stack = new int[insns.length];
    int[] next = new int[2];
    int count = 0;
    for (Subprog subprog : subprogs.all()) {
      subprog.postorderStart = count;
      stack[0] = subprog.start;
      int depth = 1;
      while (depth > 0) {
        int top = stack[depth - 1];
        state[top] |= DISCOVERED;
        if ((state[top] & EXPLORED) != 0) {
          order[count++] = top;
          depth--;
          continue;
        }
        int successors = Successors.of(insns, top, next);
        for (int i = 0; i < successors; i++) {
          if (state[next[i]] == 0) {
            stack[depth++] = next[i];
            state[next[i]] = DISCOVERED;
          }
        }
        state[top] |= EXPLORED;
      }
      subprog.postorderEnd = count;
    }
    marks.postorder = java.util.Arrays.copyOf(order, count);
  }
}

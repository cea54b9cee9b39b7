package dev.skep.verify;

import java.util.Arrays;

/**
 * The control flow graph by positions: instruction {@code postorder[p]} has the position p. Calls
 * go on behind the call.
 */
final class Flow {
  /** Position of each instruction; -1 for those that are not in the order. */
  final int[] position;

  /** Up to two successors of each position, -1 for none. */
  final int[] next;

  final int[] other;

  /** Where the predecessors of each position begin in {@link #predecessors}, and where they end. */
  final int[] first;

  final int[] predecessors;

  Flow(long[] insns, int[] postorder) {
    int count = postorder.length;
    position = new int[insns.length];
    Arrays.fill(position, -1);
    for (int p = 0; p < count; p++) {
      position[postorder[p]] = p;
    }
    next = new int[count];
    other = new int[count];
    first = new int[count + 1];
    int[] into = new int[2];
    for (int p = 0; p < count; p++) {
      int successors = Successors.of(insns, postorder[p], into);
      next[p] = successors > 0 ? position[into[0]] : -1;
      other[p] = successors > 1 ? position[into[1]] : -1;
      count(next[p]);
      count(other[p]);
    }
    for (int p = 0; p < count; p++) {
      first[p + 1] += first[p];
    }
    predecessors = new int[first[count]];
    // Filled from behind, each list ends where it is to begin.
    for (int p = 0; p < count; p++) {
      put(next[p], p);
      put(other[p], p);
    }
  }

  private void count(int successor) {
    if (successor >= 0) {
      first[successor]++;
    }
  }

  private void put(int successor, int p) {
    if (successor >= 0) {
      predecessors[--first[successor]] = p;
    }
  }
}

package dev.skep.verify;

/**
 * Strongly connected components of the control flow graph, which are the loops (compute_scc;
 * Pearce's form of Tarjan's algorithm, without recursion). Numbers count up from 1 in the order in
 * which components are completed; 0 stands for an instruction that is in no loop.
 */
final class Components {
  private static final int OFF_STACK = Integer.MAX_VALUE;

  private final long[] insns;
  private final InsnMarks marks;
  private final int[] order;
  private final int[] low;
  private final int[] stack;
  private final int[] path;
  private final int[] next = new int[2];
  private int stackSize;
  private int pathSize;
  private int visited;

  private Components(long[] insns, InsnMarks marks) {
    this.insns = insns;
    this.marks = marks;
    this.order = new int[insns.length];
    this.low = new int[insns.length];
    this.stack = new int[insns.length];
    this.path = new int[insns.length];
  }

  /** Fills {@link InsnMarks#scc} and {@link InsnMarks#sccCount}. */
  static void compute(long[] insns, InsnMarks marks) {
    Components components = new Components(insns, marks);
    for (int i = 0; i < insns.length; i++) {
      if (components.order[i] == 0) {
        components.explore(i);
      }
    }
  }

  private void explore(int root) {
    stackSize = 0;
    path[0] = root;
    pathSize = 1;
    while (pathSize > 0) {
      int at = path[pathSize - 1];
      if (order[at] == 0) {
        order[at] = ++visited;
        low[at] = visited;
        stack[stackSize++] = at;
      }
      if (descend(at)) {
        continue;
      }
      pathSize--;
      if (low[at] >= order[at]) {
        complete(at);
      }
    }
  }

  /** Goes to the first successor not seen yet; false if there is none. */
  private boolean descend(int at) {
    int successors = Successors.of(insns, at, next);
    for (int i = 0; i < successors; i++) {
      if (order[next[i]] == 0) {
        path[pathSize++] = next[i];
        return true;
      }
      low[at] = Math.min(low[at], low[next[i]]);
    }
    return false;
  }

  /** Takes a component off the stack; its first instruction is the given one. */
  private void complete(int root) {
    boolean loop = stack[stackSize - 1] != root;
    int successors = Successors.of(insns, root, next);
    for (int i = 0; i < successors; i++) {
      loop |= next[i] == root;
    }
    int number = loop ? marks.sccCount++ : 0;
    int member;
    do {
      member = stack[--stackSize];
      low[member] = OFF_STACK;
      marks.scc[member] = number;
    } while (member != root);
  }
}

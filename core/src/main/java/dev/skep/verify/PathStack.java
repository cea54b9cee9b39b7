package dev.skep.verify;

import dev.skep.errors.Errno;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Paths that are still to be explored, the youngest first (env.head). */
final class PathStack {
  /** Pending paths at most (BPF_COMPLEXITY_LIMIT_JMP_SEQ). */
  private static final int LIMIT = 8192;

  private final Env env;
  private @Nullable State[] states = new State[16];
  private int[] insns = new int[16];
  private int[] previous = new int[16];
  private long[] logPositions = new long[16];
  private int count;

  PathStack(Env env) {
    this.env = env;
  }

  void clear() {
    Arrays.fill(states, 0, count, null);
    count = 0;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /**
   * Queues a copy of the current state (push_stack).
   *
   * @param full errno when there are too many: jumps say EFAULT, loops and callbacks ENOMEM
   */
  State push(int insn, int from, int full) {
    State copy = env.cur.copy();
    add(copy, insn, from);
    if (count > LIMIT) {
      throw env.reject(full, "The sequence of " + count + " jumps is too complex.");
    }
    State parent = copy.parent;
    if (parent != null) {
      parent.branches++;
    }
    return copy;
  }

  /** Queues a state that has nothing to do with the current one (push_async_cb). */
  void pushFresh(State fresh, int insn, int from) {
    add(fresh, insn, from);
    if (count > LIMIT) {
      throw env.reject(
          Errno.EFAULT, "The sequence of " + count + " jumps is too complex for async cb.");
    }
  }

  private void add(State state, int insn, int from) {
    if (count == states.length) {
      int room = count * 2;
      states = Arrays.copyOf(states, room);
      insns = Arrays.copyOf(insns, room);
      previous = Arrays.copyOf(previous, room);
      logPositions = Arrays.copyOf(logPositions, room);
    }
    if (env.listener != null) {
      env.listener.pushed();
    }
    states[count] = state;
    insns[count] = insn;
    previous[count] = from;
    logPositions[count++] = env.log.end();
  }

  /** Makes the youngest path the current state (pop_stack). */
  void pop(boolean resetLog) {
    State top = states[--count];
    states[count] = null;
    if (top == null) {
      throw new IllegalStateException("empty path");
    }
    env.cur = top;
    if (env.listener != null) {
      env.listener.popped();
    }
    if (resetLog) {
      env.log.reset(logPositions[count]);
    }
    env.insn = insns[count];
    env.previousInsn = previous[count];
  }
}

package dev.skep.verify;

import java.util.Arrays;

/**
 * Every step of one verification, each with the step before it on its path: the tree in which
 * {@link #path} finds the path that was rejected. Steps are numbered from 1; 0 is what all begin
 * from.
 */
final class PathTree implements PathListener {
  private int[] parents = new int[1024];
  private int[] pending = new int[16];
  private int pendingCount;
  private int count;
  private int current;

  final int[] visits;
  final int[] checkpoints;

  PathTree(int insns) {
    visits = new int[insns];
    checkpoints = new int[insns];
  }

  @Override
  public void begins() {
    pendingCount = 0;
    current = 0;
  }

  @Override
  public void step(Env env) {
    if (++count == parents.length) {
      parents = Arrays.copyOf(parents, count * 2);
    }
    parents[count] = current;
    current = count;
    visits[env.insn]++;
  }

  @Override
  public void pushed() {
    if (pendingCount == pending.length) {
      pending = Arrays.copyOf(pending, pendingCount * 2);
    }
    pending[pendingCount++] = current;
  }

  @Override
  public void popped() {
    current = pending[--pendingCount];
  }

  @Override
  public void stored(int insn) {
    checkpoints[insn]++;
  }

  @Override
  public void ends() {
    begins();
  }

  /** Length of the path that was followed last. */
  int length() {
    int length = 0;
    for (int at = current; at != 0; at = parents[at]) {
      length++;
    }
    return length;
  }

  /** The last steps of that path, ascending. */
  int[] path(int most) {
    int[] steps = new int[Math.min(most, length())];
    int at = current;
    for (int i = steps.length - 1; i >= 0; i--) {
      steps[i] = at;
      at = parents[at];
    }
    return steps;
  }
}

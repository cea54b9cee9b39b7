package dev.skep.rewrite;

/**
 * Deletes instructions, in linear time. The outcome is that of the kernel's verifier_remove_insns
 * applied to each run of deleted instructions.
 */
final class Removal {
  private final Code code;
  private final boolean[] dead;

  /** New index of each old instruction; of a deleted one, that of what follows its run. */
  private final int[] at;

  private Removal(Code code, boolean[] dead) {
    this.code = code;
    this.dead = dead;
    at = new int[code.length + 1];
  }

  /**
   * @param dead one entry per instruction of the code
   * @param asRuns whether a reference to a deleted instruction stays as far behind the start of its
   *     run as it was, as it does when whole runs are cut; otherwise it leads to what follows
   */
  static void remove(Code code, boolean[] dead, boolean asRuns) {
    Removal removal = new Removal(code, dead);
    removal.index();
    removal.moveLines();
    removal.moveSubprogs();
    removal.compact(asRuns);
  }

  private void index() {
    int next = 0;
    for (int i = 0; i < code.length; i++) {
      at[i] = next;
      if (!dead[i]) {
        next++;
      }
    }
    at[code.length] = next;
  }

  /** bpf_adj_linfo_after_remove: the last deleted entry moves to live code without one. */
  private void moveLines() {
    int kept = 0;
    int l = 0;
    while (l < code.lines) {
      int insn = code.lineInsns[l];
      if (insn >= code.length || !dead[insn]) {
        keepLine(kept++, l++);
        continue;
      }
      int live = endOfRun(insn);
      int last = l;
      while (last + 1 < code.lines && code.lineInsns[last + 1] < live) {
        last++;
      }
      boolean marked = last + 1 < code.lines && code.lineInsns[last + 1] == live;
      if (live < code.length && !marked) {
        code.lineInsns[last] = live;
        keepLine(kept++, last);
      }
      l = last + 1;
    }
    code.lines = kept;
  }

  private void keepLine(int to, int from) {
    int insn = Math.min(code.lineInsns[from], code.length);
    code.lineInsns[to] = at[insn];
    code.lineOrigin[to] = code.lineOrigin[from];
  }

  private int endOfRun(int insn) {
    int end = insn;
    while (end < code.length && dead[end]) {
      end++;
    }
    return end;
  }

  private void moveSubprogs() {
    int kept = 0;
    for (int s = 0; s < code.subprogs; s++) {
      int start = at[code.starts[s]];
      if (start == at[code.starts[s + 1]]) {
        continue;
      }
      code.starts[kept] = start;
      code.subprogOrigin[kept] = code.subprogOrigin[s];
      code.depths[kept] = code.depths[s];
      kept++;
    }
    code.subprogs = kept;
    code.starts[kept] = at[code.length];
  }

  private void compact(boolean asRuns) {
    int next = 0;
    for (int i = 0; i < code.length; i++) {
      if (dead[i]) {
        continue;
      }
      long word = code.insns[i];
      int target = code.target(i);
      if (target >= 0) {
        word = Words.withRelative(word, moved(target, asRuns) - next - 1);
      }
      code.insns[next] = word;
      code.origin[next] = code.origin[i];
      code.zext[next] = code.zext[i];
      next++;
    }
    code.length = next;
  }

  private int moved(int target, boolean asRuns) {
    if (target >= code.length) {
      return at[code.length] + target - code.length;
    }
    return asRuns && dead[target] ? movedIntoRuns(target) : at[target];
  }

  /**
   * Where a reference to a deleted instruction leads. The run that holds it goes and the number
   * stays; the runs that go afterwards may then lie before it.
   */
  private int movedIntoRuns(int target) {
    int start = target;
    while (start > 0 && dead[start - 1]) {
      start--;
    }
    int moved = at[start] + target - start;
    for (int i = endOfRun(start); i < code.length; i++) {
      if (dead[i]) {
        int end = endOfRun(i);
        if (moved >= at[i] + end - i) {
          moved -= end - i;
        }
        i = end;
      }
    }
    return moved;
  }
}

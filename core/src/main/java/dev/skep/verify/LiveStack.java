package dev.skep.verify;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which stack slots may still be read (kernel/bpf/liveness.c of Linux 6.18): marks are collected
 * while paths are walked, per chain of calls and per instruction, and solved as a data flow problem
 * when paths end.
 */
final class LiveStack {
  private static final int BUCKETS = 256;

  // Words of one instruction within Instance.masks.
  private static final int MAY_READ = 0;
  private static final int MUST_WRITE = 1;
  private static final int MUST_WRITE_LATER = 2;
  private static final int LIVE = 3;
  private static final int WORDS = 4;

  /** The marks of one subprogram, entered through one chain of calls (struct func_instance). */
  private static final class Instance {
    /** Call instructions, then the start of the subprogram. */
    final int[] calls;

    final Subprog subprog;
    final int[] starts;
    final @Nullable Instance next;
    final long[][] masks;
    final boolean[] writeSeen;
    boolean updated;
    boolean writeDropped;

    Instance(int[] calls, int[] starts, Subprog subprog, @Nullable Instance next) {
      this.calls = calls;
      this.starts = starts;
      this.subprog = subprog;
      this.next = next;
      masks = new long[calls.length][];
      writeSeen = new boolean[subprog.end - subprog.start];
    }

    int frame() {
      return calls.length - 1;
    }

    long @Nullable [] of(int frame) {
      return masks[frame];
    }

    long[] grow(int frame) {
      long[] words = masks[frame];
      if (words == null) {
        words = new long[writeSeen.length * WORDS];
        masks[frame] = words;
      }
      return words;
    }

    int at(int insn) {
      return (insn - subprog.start) * WORDS;
    }
  }

  private final Env env;
  private final boolean deepSlots;
  private final @Nullable Instance[] table = new Instance[BUCKETS];
  private final int[] calls = new int[State.MAX_FRAMES];
  private final int[] starts = new int[State.MAX_FRAMES];
  private @Nullable Instance current;
  private final int[] next = new int[2];
  private final long[] written = new long[State.MAX_FRAMES];
  private int writtenBy;

  /** The instances that {@link #prepare} found for the frames of one state. */
  private final @Nullable Instance[] asked = new Instance[State.MAX_FRAMES];

  private int askedFrame;
  private int askedInsn;

  LiveStack(Env env) {
    this.env = env;
    deepSlots = env.options.dialect().followsDeepSlots();
  }

  // Instances ---------------------------------------------------------------------------------

  private Instance lookup(State state, int frame) {
    for (int i = 0; i <= frame; i++) {
      starts[i] = env.subprogs[state.view(i).subprogno].start;
      if (i < frame) {
        calls[i] = state.view(i + 1).callsite;
      }
    }
    calls[frame] = starts[frame];
    return lookup(frame);
  }

  private Instance lookup(int frame) {
    int hash = 0;
    for (int i = 0; i <= frame; i++) {
      hash = hash * 31 + calls[i];
    }
    int bucket = (hash ^ hash >>> 8) & BUCKETS - 1;
    for (Instance i = table[bucket]; i != null; i = i.next) {
      if (Arrays.equals(i.calls, 0, i.calls.length, calls, 0, frame + 1)) {
        return i;
      }
    }
    Instance added =
        new Instance(
            Arrays.copyOf(calls, frame + 1),
            Arrays.copyOf(starts, frame + 1),
            env.subprogAt(starts[frame]),
            table[bucket]);
    table[bucket] = added;
    return added;
  }

  private Instance outer(Instance instance) {
    int frame = instance.frame() - 1;
    System.arraycopy(instance.calls, 0, calls, 0, frame);
    System.arraycopy(instance.starts, 0, starts, 0, frame + 1);
    calls[frame] = starts[frame];
    return lookup(frame);
  }

  /** The call chain of the current state changed. */
  void chainChanged() {
    current = null;
  }

  private Instance current() {
    Instance instance = current;
    if (instance == null) {
      instance = lookup(env.cur, env.cur.curframe);
      current = instance;
    }
    return instance;
  }

  // Marks -------------------------------------------------------------------------------------

  /** The current instruction may read these slots of a frame. */
  void read(int frame, int insn, long slots) {
    read(current(), frame, insn, slots);
  }

  private static void read(Instance instance, int frame, int insn, long slots) {
    long[] words = instance.grow(frame);
    int at = instance.at(insn);
    long all = words[at + MAY_READ] | slots;
    if (all != words[at + MAY_READ] && (all & ~words[at + LIVE]) != 0) {
      instance.updated = true;
    }
    words[at + MAY_READ] = all;
  }

  /** Begins to collect what an instruction writes. */
  void begin(int insn) {
    begin(current(), insn);
  }

  private void begin(Instance instance, int insn) {
    writtenBy = insn;
    Arrays.fill(written, 0, instance.frame() + 1, 0);
  }

  /** The instruction overwrites whole slots of a frame. */
  void write(int frame, long slots) {
    written[frame] |= slots;
  }

  /** Ends the instruction: a slot counts as written only if every path writes it. */
  void commit() {
    if (current != null) {
      commit(current);
    }
  }

  private void commit(Instance instance) {
    int index = writtenBy - instance.subprog.start;
    for (int frame = 0; frame <= instance.frame(); frame++) {
      long mask = written[frame];
      if (mask == 0 && !instance.writeSeen[index]) {
        continue;
      }
      long[] words = instance.grow(frame);
      int at = index * WORDS + MUST_WRITE;
      long old = deepSlots ? words[at] : words[at] & 0xffffffffL;
      if (instance.writeSeen[index]) {
        mask &= old;
      }
      if (old != mask) {
        words[at] = mask;
        instance.updated = true;
      }
      if ((old & ~mask) != 0) {
        instance.writeDropped = true;
      }
    }
    instance.writeSeen[index] = true;
    writtenBy = 0;
  }

  // Solving -----------------------------------------------------------------------------------

  /** Solves what changed along the call chain of the current state (bpf_update_live_stack). */
  void update() {
    chainChanged();
    for (int frame = env.cur.curframe; frame >= 0; frame--) {
      Instance instance = lookup(env.cur, frame);
      if (instance.updated) {
        solve(instance);
        instance.updated = false;
        instance.writeDropped = false;
      }
    }
  }

  private void solve(Instance instance) {
    if (instance.writeDropped) {
      forgetLaterWrites(instance);
    }
    int rounds = 0;
    boolean changed = true;
    while (changed) {
      rounds++;
      changed = false;
      for (int frame = 0; frame <= instance.frame(); frame++) {
        long[] words = instance.of(frame);
        if (words != null) {
          for (int i = instance.subprog.postorderStart; i < instance.subprog.postorderEnd; i++) {
            changed |= solveInsn(instance, frame, words, env.marks.postorder[i]);
          }
        }
      }
    }
    if (env.level2) {
      env.verbose(chain(instance) + " live stack update done in " + rounds + " iterations\n");
    }
    if (instance.frame() > 0) {
      propagateToCaller(instance);
    }
  }

  private static void forgetLaterWrites(Instance instance) {
    for (long[] words : instance.masks) {
      if (words != null) {
        for (int at = MUST_WRITE_LATER; at < words.length; at += WORDS) {
          words[at] = 0;
        }
      }
    }
  }

  private boolean solveInsn(Instance instance, int frame, long[] words, int insn) {
    int successors = Successors.of(env.insns, insn, next);
    if (successors == 0) {
      return false;
    }
    long after = 0;
    long later = -1;
    for (int s = 0; s < successors; s++) {
      int to = instance.at(next[s]);
      after |= words[to + LIVE];
      later &= words[to + MUST_WRITE_LATER];
    }
    int at = instance.at(insn);
    later |= words[at + MUST_WRITE];
    long before = after & ~words[at + MUST_WRITE] | words[at + MAY_READ];
    boolean changed = before != words[at + LIVE] || later != words[at + MUST_WRITE_LATER];
    if (env.level2
        && (words[at + MAY_READ] != 0
            || words[at + MUST_WRITE] != 0
            || insn == instance.subprog.start
            || env.marks.prunePoint[insn])) {
      logChange(instance, "live", frame, insn, words[at + LIVE], before);
      logChange(instance, "written", frame, insn, words[at + MUST_WRITE_LATER], later);
    }
    words[at + LIVE] = before;
    words[at + MUST_WRITE_LATER] = later;
    return changed;
  }

  private void propagateToCaller(Instance instance) {
    Instance outer = outer(instance);
    int callsite = instance.calls[instance.frame() - 1];
    begin(outer, callsite);
    int at = instance.at(instance.subprog.start);
    for (int frame = 0; frame < instance.frame(); frame++) {
      long[] words = instance.of(frame);
      if (words != null) {
        write(frame, words[at + MUST_WRITE_LATER]);
        read(outer, frame, callsite, words[at + LIVE]);
      }
    }
    commit(outer);
  }

  private static String chain(Instance instance) {
    StringBuilder text = new StringBuilder("(");
    for (int i = 0; i < instance.calls.length; i++) {
      text.append(i == 0 ? "" : ",").append(instance.calls[i]);
    }
    return text.append(')').toString();
  }

  private void logChange(
      Instance instance, String what, int frame, int insn, long old, long changed) {
    long ones = changed & ~old;
    long zeros = old & ~changed;
    if ((ones | zeros) == 0) {
      return;
    }
    StringBuilder text = new StringBuilder(chain(instance));
    text.append(" frame ").append(frame).append(" insn ").append(insn).append(' ');
    if (ones != 0) {
      text.append('+').append(what).append(' ');
      Backtrack.slots(text, ones);
      text.append(' ');
    }
    if (zeros != 0) {
      text.append('-').append(what).append(' ');
      Backtrack.slots(text, zeros);
    }
    env.verbose(text.append('\n').toString());
  }

  // Questions ---------------------------------------------------------------------------------

  /** Prepares {@link #alive} for one state (bpf_live_stack_query_init). */
  void prepare(State state) {
    for (int frame = 0; frame <= state.curframe; frame++) {
      asked[frame] = lookup(state, frame);
    }
    askedFrame = state.curframe;
    askedInsn = state.insnIdx;
  }

  /** The slots of a frame that may be read from the prepared state on (bpf_stack_slot_alive). */
  long alive(int frame) {
    Instance innermost = asked(askedFrame);
    long slots = alive(innermost, askedInsn, frame);
    for (int i = frame; i < askedFrame; i++) {
      int callsite = innermost.calls[i];
      int from = env.marks.callsCallback[callsite] ? callsite : callsite + 1;
      slots |= alive(asked(i), from, frame);
    }
    return slots;
  }

  private Instance asked(int frame) {
    Instance instance = asked[frame];
    if (instance == null) {
      throw new IllegalStateException("no live stack of frame " + frame);
    }
    return instance;
  }

  private static long alive(Instance instance, int insn, int frame) {
    long[] words = instance.of(frame);
    return words == null ? 0 : words[instance.at(insn) + LIVE];
  }
}

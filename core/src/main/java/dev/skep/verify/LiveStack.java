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

  /** The marks of one subprogram, entered through one chain of calls (struct func_instance). */
  static final class Instance {
    /** Call instructions, then the start of the subprogram. */
    final int[] calls;

    final Subprog subprog;
    final int[] starts;
    final @Nullable Instance next;
    private final @Nullable StackMarks[] marks;

    /** A bit for each instruction of which some path has told what it writes. */
    private final long[] writeSeen;

    boolean updated;
    boolean writeDropped;

    Instance(int[] calls, int[] starts, Subprog subprog, @Nullable Instance next) {
      this.calls = calls;
      this.starts = starts;
      this.subprog = subprog;
      this.next = next;
      marks = new StackMarks[calls.length];
      writeSeen = new long[(subprog.end - subprog.start + 63) / 64];
    }

    int frame() {
      return calls.length - 1;
    }

    @Nullable StackMarks of(int frame) {
      return marks[frame];
    }

    StackMarks grow(int frame) {
      StackMarks grown = marks[frame];
      if (grown == null) {
        grown = new StackMarks(subprog.postorderEnd - subprog.postorderStart);
        marks[frame] = grown;
      }
      return grown;
    }

    /** Notes that an instruction's writes were told; whether they were before. */
    boolean seeWrites(int insn) {
      int index = insn - subprog.start;
      long bit = 1L << index;
      boolean before = (writeSeen[index >> 6] & bit) != 0;
      writeSeen[index >> 6] |= bit;
      return before;
    }
  }

  private final Env env;
  private final boolean deepSlots;
  private @Nullable Flow flow;
  private final @Nullable Instance[] table = new Instance[BUCKETS];
  private final int[] calls = new int[State.MAX_FRAMES];
  private final int[] starts = new int[State.MAX_FRAMES];
  private @Nullable Instance current;
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

  private Flow flow() {
    Flow known = flow;
    if (known == null) {
      known = new Flow(env.insns, env.marks.postorder);
      flow = known;
    }
    return known;
  }

  private int position(Instance instance, int insn) {
    return flow().position[insn] - instance.subprog.postorderStart;
  }

  // Instances ---------------------------------------------------------------------------------

  /** The instance of a frame, which is the same as long as the frame exists. */
  private Instance lookup(State state, int frame) {
    Frame of = state.view(frame);
    Instance known = of.live;
    if (known == null) {
      known = find(state, frame);
      of.live = known;
    }
    return known;
  }

  private Instance find(State state, int frame) {
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

  private void read(Instance instance, int frame, int insn, long slots) {
    StackMarks marks = instance.grow(frame);
    int at = position(instance, insn);
    long old = marks.get(at, StackMarks.MAY_READ);
    long all = old | slots;
    if (all != old) {
      instance.updated |= (all & ~marks.get(at, StackMarks.LIVE)) != 0;
      marks.mark(at, StackMarks.MAY_READ, all);
    }
  }

  /** Begins to collect what an instruction writes. */
  void begin(int insn) {
    begin(current(), insn);
  }

  private void begin(Instance instance, int insn) {
    writtenBy = insn;
    for (int frame = instance.frame(); frame >= 0; frame--) {
      written[frame] = 0;
    }
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
    boolean seen = instance.seeWrites(writtenBy);
    for (int frame = instance.frame(); frame >= 0; frame--) {
      long mask = written[frame];
      StackMarks marks = instance.of(frame);
      if (mask != 0 || seen && marks != null) {
        commit(instance, instance.grow(frame), mask, seen);
      }
    }
    writtenBy = 0;
  }

  private void commit(Instance instance, StackMarks marks, long mask, boolean seen) {
    int at = position(instance, writtenBy);
    long known = marks.get(at, StackMarks.MUST_WRITE);
    long old = deepSlots ? known : known & 0xffffffffL;
    long both = seen ? mask & old : mask;
    if (old != both) {
      marks.mark(at, StackMarks.MUST_WRITE, both);
      instance.updated = true;
    }
    if ((old & ~both) != 0) {
      instance.writeDropped = true;
    }
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
      for (int frame = 0; frame <= instance.frame(); frame++) {
        StackMarks marks = instance.of(frame);
        if (marks != null) {
          marks.forgetLaterWrites();
        }
      }
    }
    int rounds = 0;
    boolean changed = true;
    while (changed) {
      rounds++;
      changed = false;
      for (int frame = 0; frame <= instance.frame(); frame++) {
        StackMarks marks = instance.of(frame);
        if (marks != null) {
          changed |= solve(instance, frame, marks);
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

  /**
   * One round over the instructions in postorder. Those whose evaluation would give what they have
   * are left out, which neither the solution nor the number of rounds shows.
   */
  private boolean solve(Instance instance, int frame, StackMarks marks) {
    Flow graph = flow();
    int start = instance.subprog.postorderStart;
    boolean changed = false;
    for (int p = marks.firstTouched(); p >= 0; p = marks.nextTouched(p + 1)) {
      if (evaluate(instance, frame, marks, p)) {
        changed = true;
        for (int i = graph.first[start + p]; i < graph.first[start + p + 1]; i++) {
          marks.touch(graph.predecessors[i] - start);
        }
      }
    }
    return changed;
  }

  private boolean evaluate(Instance instance, int frame, StackMarks marks, int p) {
    Flow graph = flow();
    int start = instance.subprog.postorderStart;
    int next = graph.next[start + p];
    if (next < 0) {
      return false;
    }
    long after = marks.get(next - start, StackMarks.LIVE);
    long later = marks.get(next - start, StackMarks.MUST_WRITE_LATER);
    int other = graph.other[start + p];
    if (other >= 0) {
      after |= marks.get(other - start, StackMarks.LIVE);
      later &= marks.get(other - start, StackMarks.MUST_WRITE_LATER);
    }
    long mustWrite = marks.get(p, StackMarks.MUST_WRITE);
    long mayRead = marks.get(p, StackMarks.MAY_READ);
    later |= mustWrite;
    long before = after & ~mustWrite | mayRead;
    long oldLive = marks.get(p, StackMarks.LIVE);
    long oldLater = marks.get(p, StackMarks.MUST_WRITE_LATER);
    if (before == oldLive && later == oldLater) {
      return false;
    }
    int insn = env.marks.postorder[start + p];
    if (env.level2
        && (mayRead != 0
            || mustWrite != 0
            || insn == instance.subprog.start
            || env.marks.prunePoint[insn])) {
      logChange(instance, "live", frame, insn, oldLive, before);
      logChange(instance, "written", frame, insn, oldLater, later);
    }
    marks.solved(p, before, later);
    return true;
  }

  private void propagateToCaller(Instance instance) {
    Instance outer = outer(instance);
    int callsite = instance.calls[instance.frame() - 1];
    begin(outer, callsite);
    int at = position(instance, instance.subprog.start);
    for (int frame = 0; frame < instance.frame(); frame++) {
      StackMarks marks = instance.of(frame);
      if (marks != null) {
        write(frame, marks.get(at, StackMarks.MUST_WRITE_LATER));
        read(outer, frame, callsite, marks.get(at, StackMarks.LIVE));
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

  private long alive(Instance instance, int insn, int frame) {
    StackMarks marks = instance.of(frame);
    return marks == null ? 0 : marks.get(position(instance, insn), StackMarks.LIVE);
  }
}

package dev.skep.verify;

import dev.skep.errors.Errno;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Checkpoints: the states that were stored, and the search for one equal to the current. */
final class Explored {
  private final Env env;
  private final @Nullable State[] buckets;
  private final StatesEqual states;
  private int size;
  private int evicted;
  private int previousJumps;
  private int previousInsns;

  /** Whether scalars count to the last bit (explore_alu_limits). */
  boolean exploreLimits;

  /** Whether what was found equal is unfinished, so that the path must be kept as a backedge. */
  private boolean loop;

  int totalStates;
  int peakStates;
  int maxStatesPerInsn;

  Explored(Env env, StatesEqual states) {
    this.env = env;
    this.states = states;
    buckets = new State[env.insnCount];
  }

  /** Forgets the checkpoints of one run (free_states). */
  void clear() {
    Arrays.fill(buckets, null);
    // The kernel leaves its two counters as they are; they go on into the next subprogram's run.
  }

  private int bucket(State cur, int insn) {
    return Integer.remainderUnsigned(insn ^ cur.current().callsite, buckets.length);
  }

  void updatePeak() {
    peakStates = Math.max(peakStates, size + evicted + env.sccs.backedges);
  }

  // Cleaning ----------------------------------------------------------------------------------

  /** Forgets what finished checkpoints of this instruction never needed (clean_live_states). */
  private void clean(State cur, int insn) {
    for (State s = buckets[bucket(cur, insn)]; s != null; s = s.next) {
      if (s.branches == 0
          && s.insnIdx == insn
          && !s.cleaned
          && sameCallsites(s, cur)
          && !env.sccs.incomplete(s)) {
        clean(s);
      }
    }
  }

  private void clean(State s) {
    env.liveStack.prepare(s);
    s.cleaned = true;
    for (int f = 0; f <= s.curframe; f++) {
      Frame frame = s.view(f);
      int live = env.marks.liveBefore[env.frameInsn(s, f)];
      for (int i = 0; i < Reg.COUNT - 1; i++) {
        if ((live >>> i & 1) == 0 && Reg.type(frame.regs, Frame.reg(i)) != RegType.NOT_INIT) {
          frame = s.frame(f);
          Reg.markNotInit(frame.regs, Frame.reg(i), false);
        }
      }
      long alive = env.liveStack.alive(f);
      for (long left = frame.touched() & ~alive; left != 0; left &= left - 1) {
        int i = Long.numberOfTrailingZeros(left);
        frame = s.frame(f);
        Reg.markNotInit(frame.spilled(i), Frame.spill(i), false);
        frame.setTypes(i, StackSlot.ALL_INVALID);
      }
    }
  }

  private static boolean sameCallsites(State a, State b) {
    if (a.curframe != b.curframe) {
      return false;
    }
    for (int f = a.curframe; f >= 0; f--) {
      if (a.view(f).callsite != b.view(f).callsite) {
        return false;
      }
    }
    return true;
  }

  /** The state that entered the loop at this instruction before (find_prev_entry), or null. */
  @Nullable State previousEntry(State cur, int insn) {
    for (State s = buckets[bucket(env.cur, insn)]; s != null; s = s.next) {
      if (s.insnIdx == insn
          && s.branches != 0
          && sameCallsites(s, cur)
          && s.dfsDepth < cur.dfsDepth) {
        return s;
      }
    }
    return null;
  }

  // Visiting ----------------------------------------------------------------------------------

  /** Whether the current path need not be followed further (is_state_visited). */
  boolean visit(int insn) {
    State cur = env.cur;
    boolean force =
        env.marks.forceCheckpoint[insn]
            || cur.historyCount > 40
            || (env.program.flags() & Env.TEST_STATE_FREQ) != 0;
    boolean add =
        force || env.jumps - previousJumps >= 2 && env.insnsProcessed - previousInsns >= 8;
    clean(cur, insn);
    int bucket = bucket(cur, insn);
    int count = 0;
    loop = false;
    State before = null;
    State next;
    for (State s = buckets[bucket]; s != null; s = next) {
      next = s.next;
      count++;
      if (s.insnIdx != insn) {
        before = s;
        continue;
      }
      if (s.branches != 0 ? onPath(s, cur, insn) : finished(s, cur)) {
        hit(s, cur, insn);
        return true;
      }
      if (s.branches != 0
          && !force
          && env.jumps - previousJumps < 20
          && env.insnsProcessed - previousInsns < 100) {
        add = false;
      }
      if (miss(s, insn, add)) {
        unlink(bucket, before, s);
      } else {
        before = s;
      }
    }
    maxStatesPerInsn = Math.max(maxStatesPerInsn, count);
    if (add) {
      store(cur, insn, bucket);
    }
    return false;
  }

  private boolean finished(State s, State cur) {
    loop = env.sccs.incomplete(s);
    return states.equal(s, cur, loop ? StatesEqual.RANGE_WITHIN : StatesEqual.NOT_EXACT);
  }

  /** The checkpoint lies on the current path: a loop, which may or may not end. */
  private boolean onPath(State s, State cur, int insn) {
    Frame frame = s.current();
    if (frame.inAsyncCallback && frame.asyncEntryCount != cur.current().asyncEntryCount) {
      return false;
    }
    if (env.marks.iteratorStep[insn]) {
      if (states.equal(s, cur, StatesEqual.RANGE_WITHIN) && Iterators.isActive(cur)) {
        loop = true;
        return true;
      }
      return false;
    }
    if (env.isMayGoto(insn)
        && s.mayGotoDepth != cur.mayGotoDepth
        && states.equal(s, cur, StatesEqual.RANGE_WITHIN)) {
      loop = true;
      return true;
    }
    if (env.marks.callsCallback[insn]) {
      return states.equal(s, cur, StatesEqual.RANGE_WITHIN);
    }
    if (StatesEqual.maybeLooping(s, cur)
        && states.equal(s, cur, StatesEqual.EXACT)
        && !Iterators.depthsDiffer(s, cur)
        && s.mayGotoDepth == cur.mayGotoDepth
        && s.callbackUnrollDepth == cur.callbackUnrollDepth) {
      throw endless(s, cur, insn);
    }
    return false;
  }

  private Rejection endless(State s, State cur, int insn) {
    env.trace.sourceLine(insn, "; ");
    Rejection rejection =
        env.reject(Errno.EINVAL, "infinite loop detected at insn " + insn)
            .because(new Reason.EndlessLoop(insn));
    if (env.log.level() != 0) {
      env.verbose("cur state:");
      env.printState(cur, cur.curframe);
      env.verbose("old state:");
      env.printState(s, cur.curframe);
    }
    return rejection;
  }

  private void hit(State s, State cur, int insn) {
    s.hits++;
    if (env.marks.jumpPoint[env.insn]) {
      env.pushHistory(0, 0);
    }
    env.backtrack.propagate(s, cur);
    if (loop) {
      State path = cur.copy();
      path.equalState = s;
      path.insnIdx = insn;
      env.sccs.addBackedge(s, path);
    }
  }

  /** Counts a miss; true when the checkpoint is to leave its bucket. */
  private boolean miss(State s, int insn, boolean add) {
    if (add) {
      s.misses++;
    }
    int patience = env.marks.forceCheckpoint[insn] && s.branches > 0 ? 64 : 3;
    return s.misses > s.hits * patience + patience;
  }

  private void unlink(int bucket, @Nullable State before, State s) {
    if (before == null) {
      buckets[bucket] = s.next;
    } else {
      before.next = s.next;
    }
    s.next = null;
    s.evicted = true;
    evicted++;
    size--;
    release(s);
  }

  /** An evicted checkpoint that nothing depends on any more (maybe_free_verifier_state). */
  private void release(State s) {
    if (s.evicted && s.branches == 0 && !env.sccs.incomplete(s)) {
      s.evicted = false;
      evicted--;
    }
  }

  private void store(State cur, int insn, int bucket) {
    totalStates++;
    size++;
    updatePeak();
    previousJumps = env.jumps;
    previousInsns = env.insnsProcessed;
    Backtrack.forgetAll(cur);
    State stored = cur.copy();
    stored.insnIdx = insn;
    env.sccs.enter(stored);
    cur.parent = stored;
    cur.firstInsn = insn;
    cur.dfsDepth = stored.dfsDepth + 1;
    env.history.clear(cur);
    if (env.listener != null) {
      env.listener.stored(insn);
    }
    stored.next = buckets[bucket];
    buckets[bucket] = stored;
    Claims claims = env.claims;
    if (claims != null) {
      claims.add(insn, stored);
    }
  }

  /** A path ended: closes all checkpoints that have no other path left (update_branch_counts). */
  void pathEnded(State path) {
    State state = path;
    boolean checkpoint = false;
    while (state != null) {
      if (--state.branches != 0) {
        return;
      }
      env.sccs.exit(state);
      State parent = state.parent;
      if (checkpoint) {
        release(state);
      }
      checkpoint = true;
      state = parent;
    }
  }
}

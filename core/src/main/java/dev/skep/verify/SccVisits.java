package dev.skep.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loops that are being explored (struct bpf_scc_visit): within a strongly connected component the
 * precision that a checkpoint needs is known only when all paths through it have ended, so paths
 * that were cut off there are kept and brought up to date then.
 */
final class SccVisits {
  private static final int MAX_ROUNDS = 64;

  static final class Visit {
    private final int[] callsites;
    private @Nullable State entry;

    /** Oldest first; the kernel's list runs the other way round. */
    private final List<State> backedges = new ArrayList<>();

    private int counted;

    Visit(int[] callsites) {
      this.callsites = callsites;
    }
  }

  private final Env env;
  private final @Nullable List<Visit>[] visits;
  private final int[] callsites = new int[State.MAX_FRAMES];
  private int scc;

  /** Backedges kept at the moment, part of the states that exist. */
  int backedges;

  SccVisits(Env env) {
    this.env = env;
    @SuppressWarnings({"unchecked", "rawtypes"})
    List<Visit>[] lists = new List[env.marks.sccCount];
    visits = lists;
  }

  void clear() {
    Arrays.fill(visits, null);
  }

  /** Finds the outermost frame that stands in a component, and the calls that lead there. */
  private boolean locate(State state) {
    if (env.marks.sccCount == 1) {
      return false;
    }
    Arrays.fill(callsites, 0);
    for (int i = 0; i <= state.curframe; i++) {
      int insn = env.frameInsn(state, i);
      scc = env.marks.scc[insn];
      if (scc != 0) {
        return true;
      }
      if (i < state.curframe) {
        callsites[i] = insn;
      }
    }
    return false;
  }

  private @Nullable Visit find() {
    List<Visit> list = visits[scc];
    if (list != null) {
      for (int i = 0; i < list.size(); i++) {
        Visit visit = list.get(i);
        if (Arrays.equals(visit.callsites, callsites)) {
          return visit;
        }
      }
    }
    return null;
  }

  /** A new checkpoint: perhaps the first of a walk through its component (maybe_enter_scc). */
  void enter(State state) {
    if (!locate(state)) {
      return;
    }
    Visit visit = find();
    if (visit == null) {
      visit = new Visit(callsites.clone());
      List<Visit> list = visits[scc];
      if (list == null) {
        list = new ArrayList<>();
        visits[scc] = list;
      }
      list.add(visit);
    }
    state.visit = visit;
    if (visit.entry == null) {
      visit.entry = state;
      if (env.level2) {
        env.verbose("SCC enter " + chain() + "\n");
      }
    }
  }

  /** All paths below a state have ended (maybe_exit_scc). */
  void exit(State state) {
    Visit visit = state.visit;
    if (visit != null && visit.entry != state || !locate(state)) {
      return;
    }
    visit = find();
    if (visit == null && state.speculative) {
      return; // such paths end anywhere
    }
    if (visit == null) {
      throw env.bug("scc exit: no visit info for call chain " + chain());
    }
    if (visit.entry != state) {
      return;
    }
    if (env.level2) {
      env.verbose("SCC exit " + chain() + "\n");
    }
    visit.entry = null;
    backedges -= visit.counted;
    visit.counted = 0;
    env.explored.updatePeak();
    propagate(visit);
  }

  /** Keeps a path that was found equal to an unfinished checkpoint (add_scc_backedge). */
  void addBackedge(State checkpoint, State path) {
    if (!locate(checkpoint)) {
      throw env.bug("add backedge: no SCC in verification path, insn_idx " + checkpoint.insnIdx);
    }
    Visit visit = find();
    if (visit == null) {
      throw env.bug("add backedge: no visit info for call chain " + chain());
    }
    if (env.level2) {
      env.verbose("SCC backedge " + chain() + "\n");
    }
    visit.backedges.add(path);
    visit.counted++;
    backedges++;
    env.explored.updatePeak();
  }

  /**
   * Whether precision marks of a stored checkpoint may still be missing (incomplete_read_marks).
   */
  boolean incomplete(State state) {
    Visit visit = state.visit;
    return visit != null && !visit.backedges.isEmpty();
  }

  private void propagate(Visit visit) {
    List<State> edges = visit.backedges;
    int rounds = 0;
    boolean changed = true;
    while (changed) {
      if (rounds++ > MAX_ROUNDS) {
        if (env.level2) {
          env.verbose("propagate_backedges: too many iterations\n");
        }
        for (int i = edges.size() - 1; i >= 0; i--) {
          env.backtrack.forceAll(edges.get(i));
        }
        break;
      }
      changed = false;
      for (int i = edges.size() - 1; i >= 0; i--) {
        State path = edges.get(i);
        State equal = path.equalState;
        if (equal != null) {
          env.backtrack.propagate(equal, path);
          changed |= env.backtrack.changed;
        }
      }
    }
    edges.clear();
  }

  private String chain() {
    StringBuilder text = new StringBuilder("(");
    for (int call : callsites) {
      if (call == 0) {
        break;
      }
      text.append(call).append(',');
    }
    return text.append(scc).append(')').toString();
  }
}

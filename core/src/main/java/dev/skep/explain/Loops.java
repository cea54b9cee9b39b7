package dev.skep.explain;

import dev.skep.explain.Explanation.HotLine;
import dev.skep.explain.Explanation.Instruction;
import dev.skep.verify.Recording;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What goes on in loops: what does not change in an endless one, and which lines are hot. */
final class Loops {
  private static final int MOST_LINES = 6;

  private final Recording recording;
  private final Instructions instructions;
  private final long[] insns;

  Loops(Recording recording, Instructions instructions) {
    this.recording = recording;
    this.instructions = instructions;
    insns = recording.program().insns();
  }

  /** Of each condition in the last round of a loop, which of its registers the round changed. */
  List<String> unchanged(int head) {
    List<Recording.Step> path = recording.path();
    int begin = path.size() - 1;
    while (begin >= 0 && path.get(begin).insn() != head) {
      begin--;
    }
    List<String> notes = new ArrayList<>();
    if (begin < 0) {
      return notes;
    }
    List<Recording.Step> round = path.subList(begin, path.size());
    Set<Integer> written = new HashSet<>();
    for (Recording.Step step : round) {
      for (Recording.Change change : step.changes()) {
        if (change.place().isRegister() && !change.after().text().equals(change.before().text())) {
          written.add(change.place().register());
        }
      }
    }
    Set<Integer> told = new HashSet<>();
    for (Recording.Step step : round) {
      if (isCondition(step.insn()) && told.add(step.insn()) && notes.size() < 4) {
        notes.add(condition(step.insn(), written));
      }
    }
    if (notes.isEmpty()) {
      notes.add("no instruction of the loop leaves it");
    }
    return notes;
  }

  private String condition(int insn, Set<Integer> written) {
    List<String> same = new ArrayList<>();
    for (int register : Slice.reads(insns[insn])) {
      if (!written.contains(register)) {
        same.add("r" + register);
      }
    }
    SourceLine line = instructions.line(insn);
    String where =
        "the condition at instruction "
            + insn
            + (line == null ? "" : " (line " + line.line() + ")");
    return same.isEmpty()
        ? where + " depends on values of which nothing is known in any round"
        : where + " depends on " + String.join(" and ", same) + ", which no round changes";
  }

  private boolean isCondition(int insn) {
    return insn >= 0 && Slice.isBranch(insns[insn]) && !Slice.reads(insns[insn]).isEmpty();
  }

  /** The lines, or without line information the loops, that most instructions went to. */
  List<HotLine> hottest() {
    int[] visits = recording.visits();
    int[] states = recording.checkpoints();
    List<HotLine> all = new ArrayList<>();
    HotLine open = null;
    for (int i = 0; i < visits.length; i++) {
      Instruction at = instructions.at(i);
      if (at == null || visits[i] == 0) {
        continue;
      }
      if (open != null && sameLine(open.first(), at)) {
        all.removeLast();
        open = new HotLine(open.first(), open.visits() + visits[i], open.states() + states[i]);
      } else {
        open = new HotLine(at, visits[i], states[i]);
      }
      all.add(open);
    }
    all = merged(all);
    all.sort(Comparator.comparingLong(HotLine::visits).reversed());
    return List.copyOf(all.subList(0, Math.min(MOST_LINES, all.size())));
  }

  /** Runs of instructions of one line become one entry. */
  private static List<HotLine> merged(List<HotLine> runs) {
    List<HotLine> lines = new ArrayList<>();
    for (HotLine run : runs) {
      int same = 0;
      while (same < lines.size() && !sameLine(lines.get(same).first(), run.first())) {
        same++;
      }
      if (same == lines.size() || run.first().source() == null) {
        lines.add(run);
      } else {
        HotLine old = lines.get(same);
        lines.set(
            same,
            new HotLine(old.first(), old.visits() + run.visits(), old.states() + run.states()));
      }
    }
    return lines;
  }

  private static boolean sameLine(Instruction a, Instruction b) {
    SourceLine one = a.source();
    SourceLine other = b.source();
    return one != null && other != null && one.samePlace(other);
  }
}

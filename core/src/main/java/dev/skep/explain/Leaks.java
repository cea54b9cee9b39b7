package dev.skep.explain;

import static dev.skep.isa.Opcodes.*;

import dev.skep.explain.Explanation.Instruction;
import dev.skep.explain.Explanation.Role;
import dev.skep.isa.InsnWord;
import dev.skep.verify.Recording;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Where what is still held was acquired, and the branches that led past its release. */
final class Leaks {
  /** Branches shown at most: those nearest to the end. */
  private static final int MOST_BRANCHES = 6;

  private static final Set<String> OPENERS =
      Set.of("bpf_rcu_read_lock", "bpf_preempt_disable", "bpf_spin_lock", "bpf_local_irq_save");

  private final Recording recording;
  private final Instructions instructions;
  private final List<Recording.Step> path;

  Leaks(Recording recording, Instructions instructions) {
    this.recording = recording;
    this.instructions = instructions;
    path = recording.path();
  }

  /** The instructions that acquired what is held, or opened a section. */
  private Set<Integer> acquisitions() {
    Set<Integer> found = new HashSet<>();
    for (Recording.Held held : recording.held()) {
      found.add(held.insn());
    }
    for (int i = path.size() - 1; found.isEmpty() && i >= 0; i--) {
      int insn = path.get(i).insn();
      String called = insn >= 0 && isCall(insn) ? recording.called(insn) : null;
      if (called != null && OPENERS.contains(called)) {
        found.add(insn);
      }
    }
    return found;
  }

  private boolean isCall(int insn) {
    long word = recording.program().insns()[insn];
    return InsnWord.code(word) == CALL_CODE && InsnWord.src(word) != PSEUDO_CALL;
  }

  /** Acquisitions, then the last branches of the path behind the first of them. */
  List<Explanation.Step> path() {
    Set<Integer> acquisitions = acquisitions();
    List<Explanation.Step> steps = new ArrayList<>();
    List<Explanation.Step> branches = new ArrayList<>();
    for (int i = 0; i < path.size(); i++) {
      Recording.Step step = path.get(i);
      if (step.insn() < 0) {
        continue;
      }
      Instruction at = instructions.at(step.insn());
      if (at != null && acquisitions.contains(step.insn())) {
        steps.add(new Explanation.Step(at, Role.ACQUIRES, effects(step), 1));
      } else if (at != null
          && !steps.isEmpty()
          && Slice.isBranch(recording.program().insns()[step.insn()])) {
        branches.add(new Explanation.Step(at, Role.BRANCHES, List.of(went(i)), 1));
      }
    }
    int from = Math.max(0, branches.size() - MOST_BRANCHES);
    List<Explanation.Step> last =
        steps.subList(Math.max(0, steps.size() - MOST_BRANCHES), steps.size());
    List<Explanation.Step> all = new ArrayList<>(last);
    all.addAll(branches.subList(from, branches.size()));
    return List.copyOf(all);
  }

  private static List<Explanation.Effect> effects(Recording.Step step) {
    for (Recording.Change change : step.changes()) {
      if (change.after().reference() != 0) {
        return List.of(Explainer.effect(Role.WRITES, change));
      }
    }
    return List.of();
  }

  /** Where a branch of the path led to. */
  private Explanation.Effect went(int i) {
    int insn = path.get(i).insn();
    int next = i + 1 < path.size() ? path.get(i + 1).insn() : recording.insn();
    return new Explanation.Effect(
        "pc",
        Integer.toString(insn),
        Integer.toString(next),
        next == insn + 1 ? "goes on" : "jumps to " + next);
  }

  /** One sentence for each reference that is held. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (Recording.Held held : recording.held()) {
      if (held.isReference() && notes.size() < 4) {
        String called =
            held.insn() < recording.program().insns().length && isCall(held.insn())
                ? recording.called(held.insn())
                : null;
        notes.add(
            "reference "
                + held.id()
                + " was acquired by instruction "
                + held.insn()
                + (called == null ? "" : " (" + called + ")"));
      }
    }
    return notes;
  }
}

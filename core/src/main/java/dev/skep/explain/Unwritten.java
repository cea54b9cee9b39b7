package dev.skep.explain;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.InsnWord;
import dev.skep.verify.Recording;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Which branch led a path past the instructions that would have written a register. */
final class Unwritten {
  private final Recording recording;
  private final Instructions instructions;
  private final long[] insns;

  Unwritten(Recording recording, Instructions instructions) {
    this.recording = recording;
    this.instructions = instructions;
    insns = recording.program().insns();
  }

  List<String> notes(int regno, int frame) {
    List<String> notes = new ArrayList<>();
    List<Recording.Step> path = recording.path();
    for (int i = path.size() - 1; i >= 0; i--) {
      Recording.Step step = path.get(i);
      if (step.insn() < 0 || step.frame() != frame) {
        continue;
      }
      if (losesByCall(step.insn(), regno)) {
        notes.add(
            "calls leave nothing in r1 to r5: the value that r"
                + regno
                + " had was lost at instruction "
                + step.insn()
                + place(step.insn()));
        return notes;
      }
      int next = i + 1 < path.size() ? path.get(i + 1).insn() : recording.insn();
      int writer = otherWay(step.insn(), next, regno);
      if (writer >= 0) {
        notes.add(
            "the other way of the branch at instruction "
                + step.insn()
                + place(step.insn())
                + " leads to instruction "
                + writer
                + place(writer)
                + ", which writes r"
                + regno);
        return notes;
      }
    }
    notes.add("no instruction on this path writes r" + regno);
    return notes;
  }

  private String place(int insn) {
    SourceLine line = instructions.line(insn);
    return line == null ? "" : " (line " + line.line() + ")";
  }

  private boolean losesByCall(int insn, int regno) {
    return InsnWord.code(insns[insn]) == CALL_CODE && regno >= 1 && regno <= 5;
  }

  /** An instruction that writes the register, where a branch did not go; -1 when there is none. */
  private int otherWay(int insn, int taken, int regno) {
    if (!Slice.isBranch(insns[insn])) {
      return -1;
    }
    int jump = insn + 1 + InsnWord.off(insns[insn]);
    return firstWriter(taken == insn + 1 ? jump : insn + 1, regno);
  }

  /** The first instruction behind a place that writes a register, over all ways. */
  private int firstWriter(int from, int regno) {
    BitSet seen = new BitSet(insns.length);
    List<Integer> work = new ArrayList<>(List.of(from));
    for (int i = 0; i < work.size(); i++) {
      int at = work.get(i);
      if (at < 0 || at >= insns.length || seen.get(at) || at == recording.insn()) {
        continue;
      }
      seen.set(at);
      long word = insns[at];
      int code = InsnWord.code(word);
      if (writes(word, regno)) {
        return at;
      }
      boolean jumps = classOf(code) == JMP || classOf(code) == JMP32;
      if (!jumps || op(code) == CALL) {
        work.add(at + (classOf(code) == LD && mode(code) == IMM ? 2 : 1));
      } else if (op(code) == JA) {
        work.add(at + 1 + (classOf(code) == JMP32 ? InsnWord.imm(word) : InsnWord.off(word)));
      } else if (op(code) != EXIT) {
        work.add(at + 1);
        work.add(at + 1 + InsnWord.off(word));
      }
    }
    return -1;
  }

  private static boolean writes(long word, int regno) {
    int code = InsnWord.code(word);
    return switch (classOf(code)) {
      case ALU, ALU64, LDX -> InsnWord.dst(word) == regno;
      case LD -> (mode(code) == IMM ? InsnWord.dst(word) : 0) == regno;
      case JMP -> op(code) == CALL && regno == 0;
      default -> false;
    };
  }
}

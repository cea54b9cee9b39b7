package dev.skep.explain;

import dev.skep.explain.Explanation.Instruction;
import dev.skep.explain.Explanation.Role;
import dev.skep.verify.KnownValue;
import dev.skep.verify.Place;
import dev.skep.verify.Reason;
import dev.skep.verify.Recording;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes the {@link Explanation} of one {@link Recording}. */
final class Explainer {
  /** Steps of the slice kept at most. */
  private static final int MOST_STEPS = 64;

  /** A message that ends with the instruction it is about: those of passes that follow no path. */
  private static final Pattern AT_INSN = Pattern.compile("(?:insn|from insn|at insn) (\\d+)");

  private static final Pattern STACK_BYTES =
      Pattern.compile("stack (?:R\\d+ )?off (-?\\d+)\\+(\\d+) size (\\d+)");

  private final Recording recording;
  private final String message;
  private final @Nullable Reason reason;
  private final Messages.Known known;
  private final Instructions instructions;
  private final int insn;
  private final int frame;

  Explainer(Recording recording) {
    this.recording = recording;
    message = recording.verdict().message();
    Reason said = recording.reason();
    reason = said != null ? said : TextReason.of(message, before());
    known = Messages.of(message);
    instructions = new Instructions(recording);
    insn = recording.insn() >= 0 ? recording.insn() : named(message);
    frame = recording.calls().isEmpty() ? 0 : recording.calls().getLast().frame();
  }

  private String before() {
    List<String> lines = recording.lines();
    return lines.size() < 2 ? "" : lines.get(lines.size() - 2);
  }

  private static int named(String message) {
    Matcher m = AT_INSN.matcher(message);
    return m.find() && m.group(1).length() < 9 ? Integer.parseInt(m.group(1)) : -1;
  }

  Explanation explanation() {
    List<Place> blamed = blamed();
    List<Slice.Taken> slice = Slice.of(recording, blamed);
    Demands demands = Demands.of(reason, recording, frame, known);
    List<Explanation.Step> path = shown(slice);
    List<String> notes = new ArrayList<>();
    List<Explanation.HotLine> hot = List.of();
    switch (reason) {
      case Reason.LeakedReference _ -> {
        path = new Leaks(recording, instructions).path();
        notes.addAll(new Leaks(recording, instructions).notes());
      }
      case Reason.SectionOpen _ -> path = new Leaks(recording, instructions).path();
      case Reason.EndlessLoop loop ->
          notes.addAll(new Loops(recording, instructions).unchanged(loop.insn()));
      case Reason.TooComplex _ -> hot = new Loops(recording, instructions).hottest();
      case Reason.NotInitialized missing ->
          notes.addAll(new Unwritten(recording, instructions).notes(missing.regno(), frame));
      case null, default -> {
        if (known.kind() == Kind.TOO_COMPLEX) {
          hot = new Loops(recording, instructions).hottest();
        }
      }
    }
    List<Instruction> calls = new ArrayList<>();
    for (int i = 0; i + 1 < recording.calls().size(); i++) {
      calls.add(Objects.requireNonNull(instructions.at(recording.calls().get(i).insn())));
    }
    Kind kind = kind();
    return new Explanation(
        kind,
        recording.lines(),
        summary(demands, slice),
        instructions.at(insn),
        List.copyOf(calls),
        values(blamed),
        path,
        demands.demand(),
        demands.known(),
        List.copyOf(notes),
        hot,
        new Hints(recording, instructions, insn, frame, slice).of(reason, known));
  }

  private String summary(Demands demands, List<Slice.Taken> slice) {
    if (reason instanceof Reason.WrongType type && Hints.lostPointer(slice)) {
      return "r" + type.regno() + " is used after the pointer that it held was taken away";
    }
    return reason == null ? known.summary() : demands.summary();
  }

  private Kind kind() {
    return kind(reason, known);
  }

  static Kind kind(@Nullable Reason reason, Messages.Known known) {
    return switch (reason) {
      case null -> known.kind();
      case Reason.OutOfBounds _ -> Kind.OUT_OF_BOUNDS;
      case Reason.PacketBounds _ -> Kind.PACKET_BOUNDS;
      case Reason.MaybeNull _ -> Kind.MAYBE_NULL;
      case Reason.NotInitialized _ -> Kind.NOT_INITIALIZED;
      case Reason.WrongType _ -> Kind.WRONG_TYPE;
      case Reason.LeakedReference _ -> Kind.LEAKED_REFERENCE;
      case Reason.SectionOpen _ -> Kind.SECTION_OPEN;
      case Reason.ReturnValue _ -> Kind.RETURN_VALUE;
      case Reason.EndlessLoop _ -> Kind.ENDLESS_LOOP;
      case Reason.TooComplex _ -> Kind.TOO_COMPLEX;
    };
  }

  /**
   * What the failing check looked at: said by it, named in its text, or read by the instruction.
   */
  private List<Place> blamed() {
    if (recording.insn() < 0 || kind() == Kind.TOO_COMPLEX) {
      return List.of();
    }
    Set<Place> places = new LinkedHashSet<>();
    Matcher bytes = STACK_BYTES.matcher(message);
    if (bytes.find()) {
      slots(bytes, places);
    }
    List<Integer> registers = reason == null ? known.registers() : reason.registers();
    if (reason == null && registers.isEmpty()) {
      registers = Messages.of(before()).registers();
    }
    for (int register : registers) {
      places.add(Place.ofRegister(frame, register));
    }
    long word = recording.program().insns()[recording.insn()];
    if (places.isEmpty() && reason == null) {
      for (int register : Slice.reads(word)) {
        Place place = Place.ofRegister(frame, register);
        KnownValue value = recording.at(place);
        if (value != null && value.isWritten()) {
          places.add(place);
        }
      }
    }
    return List.copyOf(places);
  }

  private void slots(Matcher bytes, Set<Place> places) {
    try {
      int off = Integer.parseInt(bytes.group(1)) + Integer.parseInt(bytes.group(2));
      if (off < 0 && off >= -512) {
        places.add(Place.ofSlot(frame, (-off - 1) / 8));
      }
    } catch (NumberFormatException tooLong) {
      // Not a place on the stack.
      places.clear();
    }
  }

  private List<Explanation.Value> values(List<Place> places) {
    List<Explanation.Value> values = new ArrayList<>();
    for (Place place : places) {
      KnownValue value = recording.at(place);
      if (value != null) {
        values.add(new Explanation.Value(place.text(), value.text(), Words.of(value)));
      }
    }
    return List.copyOf(values);
  }

  private List<Explanation.Step> shown(List<Slice.Taken> slice) {
    List<Explanation.Step> steps = new ArrayList<>();
    for (Slice.Taken taken : slice) {
      Instruction at = instructions.at(Math.max(taken.insn(), 0));
      if (at == null) {
        continue;
      }
      List<Explanation.Effect> effects = new ArrayList<>();
      for (Recording.Change change : taken.changes()) {
        effects.add(effect(taken.role(), change));
      }
      int times = 1;
      int repeated = taken.role() == Role.ENTRY ? -1 : last(steps, taken.insn());
      if (repeated >= 0) {
        times = steps.remove(repeated).times() + 1;
      }
      steps.add(new Explanation.Step(at, taken.role(), List.copyOf(effects), times));
    }
    int from = Math.max(0, steps.size() - MOST_STEPS);
    return List.copyOf(steps.subList(from, steps.size()));
  }

  static Explanation.Effect effect(Role role, Recording.Change change) {
    String place = change.place().text();
    String after = Words.brief(change.after());
    String before = Words.brief(change.before());
    String meaning =
        switch (role) {
          case LOSES ->
              change.after().isWritten()
                  ? place + " = " + after + ", was " + before
                  : place + " is lost";
          case COMPARES -> place + " = " + after + (before.equals(after) ? "" : ", was " + before);
          default -> place + " = " + after;
        };
    return new Explanation.Effect(place, change.before().text(), change.after().text(), meaning);
  }

  private static int last(List<Explanation.Step> steps, int insn) {
    for (int i = steps.size() - 1; i >= 0; i--) {
      if (steps.get(i).instruction().insn() == insn && steps.get(i).role() != Role.ENTRY) {
        return i;
      }
    }
    return -1;
  }
}

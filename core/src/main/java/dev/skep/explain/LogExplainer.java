package dev.skep.explain;

import dev.skep.explain.Explanation.Instruction;
import dev.skep.explain.Explanation.Role;
import dev.skep.verify.KnownValue;
import dev.skep.verify.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes an {@link Explanation} of a log alone: its states are texts, so its slice follows texts.
 */
final class LogExplainer {
  private static final int MOST_STEPS = 64;

  private static final Pattern TARGET =
      Pattern.compile("\\([0-9a-f]{2}\\) ([rw])(\\d{1,2}) (\\S*=) (.*)");
  private static final Pattern STORE =
      Pattern.compile(
          "\\([0-9a-f]{2}\\) (?:lock )?\\*\\(u\\d+ \\*\\)\\(r(\\d+) ([+-]\\d{1,6})\\) .*?= ?(.*)");
  private static final Pattern MEMORY =
      Pattern.compile(".*\\*\\([us]\\d+ \\*\\)\\(r(\\d+) ([+-]\\d{1,6})\\)");
  private static final Pattern REGISTER = Pattern.compile("\\b[rw](\\d{1,2})\\b");

  private final LogText log;
  private final String message;
  private final @Nullable Reason reason;
  private final Messages.Known known;

  LogExplainer(LogText log) {
    this.log = log;
    List<String> messages = log.messages();
    message = messages.isEmpty() ? "" : messages.getLast();
    String before = messages.size() < 2 ? "" : messages.get(messages.size() - 2);
    reason = TextReason.of(message, before);
    known = Messages.of(message);
  }

  @Nullable Explanation explanation() {
    if (message.isEmpty()) {
      return null;
    }
    List<String> lines = log.messages();
    List<String> last = List.copyOf(lines.subList(Math.max(0, lines.size() - 4), lines.size()));
    long held = lines.stream().filter(line -> line.startsWith("Unreleased reference")).count();
    Demands demands = Demands.of(reason, (KnownValue) null, held, known);
    Kind kind = Explainer.kind(reason, known);
    List<String> blamed = kind == Kind.TOO_COMPLEX ? List.of() : blamed();
    return new Explanation(
        kind,
        last,
        reason == null ? known.summary() : demands.summary(),
        log.path().isEmpty() ? null : instruction(log.path().getLast()),
        List.of(),
        values(blamed),
        slice(new HashSet<>(blamed)),
        demands.demand(),
        demands.known(),
        List.of(),
        List.of(),
        new Explanation.Hint(hint(), ""));
  }

  private static Instruction instruction(LogText.Line line) {
    return new Instruction(line.insn(), line.text(), line.source(), "");
  }

  private List<String> blamed() {
    Set<String> places = new LinkedHashSet<>();
    for (int register : reason == null ? known.registers() : reason.registers()) {
      places.add("r" + register);
    }
    if (places.isEmpty() && reason == null && !log.path().isEmpty()) {
      String text = log.path().getLast().text();
      Matcher m = REGISTER.matcher(text.substring(text.indexOf(')') + 1));
      while (m.find()) {
        places.add("r" + m.group(1));
      }
    }
    return List.copyOf(places);
  }

  /** The last states that the log shows, before the instruction that failed. */
  private List<Explanation.Value> values(List<String> places) {
    List<Explanation.Value> values = new ArrayList<>();
    for (String place : places) {
      for (int i = log.path().size() - 2; i >= 0; i--) {
        String state = log.path().get(i).states().get(place);
        if (state != null) {
          values.add(new Explanation.Value(place, state, state));
          break;
        }
      }
    }
    return List.copyOf(values);
  }

  private List<Explanation.Step> slice(Set<String> wanted) {
    List<Explanation.Step> steps = new ArrayList<>();
    List<LogText.Line> path = log.path();
    for (int i = path.size() - 2; i >= 0 && !wanted.isEmpty() && steps.size() < MOST_STEPS; i--) {
      LogText.Line line = path.get(i);
      if (line.text().endsWith("exit") || line.text().contains(" call pc")) {
        break; // registers of another function
      }
      step(line, wanted, steps);
    }
    return List.copyOf(steps.reversed());
  }

  private static void step(LogText.Line line, Set<String> wanted, List<Explanation.Step> steps) {
    Matcher target = TARGET.matcher(line.text());
    Matcher store = STORE.matcher(line.text());
    if (target.matches()) {
      String place = "r" + target.group(2);
      if (wanted.contains(place)) {
        steps.add(taken(line, Role.WRITES, place));
        wanted.remove(place);
        if (!target.group(3).equals("=")) {
          wanted.add(place);
        }
        sources(target.group(4), wanted);
      }
    } else if (store.matches()) {
      String slot = slot(store.group(1), store.group(2));
      if (slot != null && wanted.remove(slot)) {
        steps.add(taken(line, Role.WRITES, slot));
        sources(store.group(3), wanted);
      }
    } else if (line.text().contains(" call ")) {
      call(line, wanted, steps);
    } else if (line.text().contains(") if ")) {
      wanted.stream()
          .filter(place -> line.states().containsKey(place))
          .sorted()
          .findFirst()
          .ifPresent(place -> steps.add(taken(line, Role.COMPARES, place)));
    }
  }

  private static void call(LogText.Line line, Set<String> wanted, List<Explanation.Step> steps) {
    if (wanted.remove("r0")) {
      steps.add(taken(line, Role.WRITES, "r0"));
    }
    for (int register = 1; register <= 5; register++) {
      if (wanted.remove("r" + register)) {
        steps.add(taken(line, Role.LOSES, "r" + register));
      }
    }
  }

  private static Explanation.Step taken(LogText.Line line, Role role, String place) {
    String after = line.states().getOrDefault(place, "?");
    String meaning =
        role == Role.LOSES ? place + " is lost" : after.equals("?") ? place : place + " = " + after;
    return new Explanation.Step(
        instruction(line), role, List.of(new Explanation.Effect(place, "", after, meaning)), 1);
  }

  /** What an operand reads: a slot of the stack, or registers that it is computed from. */
  private static void sources(String operand, Set<String> wanted) {
    Matcher memory = MEMORY.matcher(operand);
    if (memory.matches()) {
      String slot = slot(memory.group(1), memory.group(2));
      if (slot != null) {
        wanted.add(slot);
      }
      return;
    }
    Matcher m = REGISTER.matcher(operand);
    while (m.find()) {
      wanted.add("r" + m.group(1));
    }
  }

  private static @Nullable String slot(String base, String off) {
    int from = Integer.parseInt(off);
    return base.equals("10") && from < 0 && from >= -512 ? "fp-" + (-from + 7) / 8 * 8 : null;
  }

  private String hint() {
    return switch (reason) {
      case null -> known.hint();
      case Reason.OutOfBounds _ -> "bound the offset by the size of the object before the access";
      case Reason.PacketBounds _ ->
          "compare the end of what is accessed with data_end first, through the same pointer";
      case Reason.MaybeNull _ -> "test the pointer before it is used: if (!ptr) return 0;";
      case Reason.NotInitialized _ -> "give the variable a value on every path";
      case Reason.WrongType _ -> "use the pointer only for what its type allows";
      case Reason.LeakedReference _ -> "release what was acquired before every return";
      case Reason.SectionOpen _ -> "close the section before every return";
      case Reason.ReturnValue _ -> "return a number in the allowed range on every path";
      case Reason.EndlessLoop _ -> "count the rounds in a variable that the condition tests";
      case Reason.TooComplex _ -> "shorten loops: bpf_loop(), bpf_for(), or functions for parts";
    };
  }
}

package dev.skep.cli;

import dev.skep.cli.Colors.Style;
import dev.skep.explain.Explanation;
import dev.skep.explain.Explanation.Instruction;
import dev.skep.explain.Explanation.Step;
import dev.skep.explain.SourceLine;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An explanation for a terminal.
 *
 * <pre>
 * error[maybe-null]: r0 may be NULL where it is used
 *   --> prog.c:12:10, in count, instruction 7
 *    |
 * 12 |     *value += 1;
 *    |            ^
 *    = kernel:   R0 invalid mem access 'map_value_or_null'
 * </pre>
 */
final class ExplanationText {
  /** Steps of the slice shown at most. */
  private static final int MOST_STEPS = 10;

  private static final int WIDTH = 110;
  private static final int GUTTER = 5;

  private final boolean coloured;
  private final List<String> lines = new ArrayList<>();

  private ExplanationText(boolean coloured) {
    this.coloured = coloured;
  }

  /**
   * The lines of one explanation.
   *
   * @param who names the program, as "prog.bpf.o:count"
   */
  static List<String> lines(String who, Explanation explanation, boolean coloured) {
    ExplanationText text = new ExplanationText(coloured);
    text.head(who, explanation);
    text.facts(explanation);
    text.calls(explanation.calls());
    text.path(explanation);
    text.hot(explanation.hot());
    text.hint(explanation.hint());
    return text.lines;
  }

  private String style(Style style, String text) {
    return style.on(coloured, text);
  }

  private void line(String text) {
    lines.add(text.stripTrailing());
  }

  private void framed(String number, String text) {
    line(style(Style.FRAME, " ".repeat(GUTTER - number.length()) + number + " |") + " " + text);
  }

  private void fact(String name, String text) {
    String label = style(Style.STRONG, name + ":") + " ".repeat(Math.max(1, 10 - name.length()));
    boolean first = true;
    for (String part : wrapped(text, WIDTH - GUTTER - 14)) {
      line(
          first
              ? style(Style.FRAME, " ".repeat(GUTTER) + " =") + " " + label + part
              : " ".repeat(GUTTER + 14) + part);
      first = false;
    }
  }

  private void head(String who, Explanation e) {
    String label = "error[" + e.kind().id() + "]";
    boolean first = true;
    for (String part : wrapped(e.summary(), WIDTH - label.length())) {
      line((first ? style(Style.ERROR, label) + ": " : " ".repeat(8)) + style(Style.STRONG, part));
      first = false;
    }
    Instruction at = e.instruction();
    SourceLine source = at == null ? null : at.source();
    String arrow = style(Style.FRAME, " ".repeat(GUTTER - 1) + "-->") + " ";
    if (at == null) {
      line(arrow + who);
      return;
    }
    String in = at.function().isEmpty() ? "" : ", in " + at.function() + "()";
    line(
        arrow
            + (source == null ? who : source.position())
            + in
            + style(Style.DIM, source == null ? "" : " (" + who + ")"));
    if (source != null && !source.text().isBlank()) {
      framed("", "");
      framed(Integer.toString(source.line()), style(Style.STRONG, expanded(source.text())));
      if (!caret(source).isEmpty()) {
        framed("", style(Style.ERROR, caret(source)));
      }
    }
    framed("", style(Style.DIM, "insn " + at.insn() + ": ") + at.text());
  }

  private static String expanded(String text) {
    return cut(text.replace("\t", "    "), WIDTH);
  }

  private static String caret(SourceLine source) {
    int column = Math.min(source.column(), source.text().length() + 1);
    if (column < 1) {
      return "";
    }
    int width = source.text().substring(0, column - 1).replace("\t", "    ").length();
    return width < WIDTH ? " ".repeat(width) + "^" : "";
  }

  private void facts(Explanation e) {
    fact("kernel", e.message().isEmpty() ? "(no message)" : e.lines().getFirst());
    e.lines().stream().skip(1).forEach(more -> line(" ".repeat(GUTTER + 14) + more));
    if (!e.demand().isEmpty() && !e.demand().equals(e.summary())) {
      fact("needed", e.demand());
    }
    if (!e.known().isEmpty()) {
      fact("known", e.known());
    }
    int shown = 0;
    for (Explanation.Value value : e.values()) {
      if (shown++ < 5) {
        value(value);
      }
    }
    for (String note : e.notes()) {
      fact("note", note);
    }
  }

  private void value(Explanation.Value value) {
    fact(value.place(), value.meaning());
    String state = cut(value.state(), WIDTH - GUTTER - 14);
    if (state.equals("?")
        || value.meaning().equals(value.state())
        || value.meaning().endsWith(" " + state)) {
      return;
    }
    int room = GUTTER + 14 + value.meaning().length() + 3 + state.length();
    if (room <= WIDTH) {
      lines.set(lines.size() - 1, lines.getLast() + "   " + style(Style.STATE, state));
    } else {
      line(" ".repeat(GUTTER + 14) + style(Style.STATE, state));
    }
  }

  private void calls(List<Instruction> calls) {
    for (int i = calls.size() - 1; i >= 0; i--) {
      Instruction call = calls.get(i);
      SourceLine source = call.source();
      String in = call.function().isEmpty() ? "" : " " + call.function() + "()";
      fact(
          "called",
          "by"
              + in
              + (source == null
                  ? " instruction " + call.insn()
                  : " at " + source.position() + ": " + source.text().strip()));
    }
  }

  private void path(Explanation e) {
    List<Step> steps = e.path();
    if (steps.isEmpty()) {
      return;
    }
    line("");
    line(style(Style.NOTE, title(e)));
    int left = Math.max(0, steps.size() - MOST_STEPS);
    SourceLine last = null;
    for (int i = 0; i < steps.size(); i++) {
      if (left > 0 && i >= 1 && i <= left) {
        if (i == 1) {
          framed("", style(Style.DIM, ".. " + left + (left == 1 ? " step .." : " steps ..")));
          last = null;
        }
        continue;
      }
      last = step(steps.get(i), last);
    }
  }

  private static String title(Explanation e) {
    return switch (e.kind()) {
      case LEAKED_REFERENCE -> "what was acquired, and the way to the end:";
      case SECTION_OPEN -> "what was opened, and the way from there:";
      default -> {
        List<String> places = e.values().stream().map(Explanation.Value::place).toList();
        yield "how " + (places.isEmpty() ? "it" : String.join(", ", places)) + " came about:";
      }
    };
  }

  private @Nullable SourceLine step(Step step, @Nullable SourceLine last) {
    Instruction at = step.instruction();
    SourceLine source = at.source();
    boolean entry = step.role() == Explanation.Role.ENTRY;
    if (!entry
        && source != null
        && !source.text().isBlank()
        && (last == null || last.line() != source.line() || !last.file().equals(source.file()))) {
      framed(
          Integer.toString(source.line()), style(Style.STRONG, cut(source.text().strip(), WIDTH)));
    }
    String what = entry ? "on entry" : at.insn() + ": " + at.text();
    String times = step.times() > 1 ? style(Style.DIM, " (" + step.times() + " times)") : "";
    int room = Math.max(24, WIDTH - 46);
    String pad = " ".repeat(Math.max(1, 40 - what.length()));
    boolean first = true;
    for (Explanation.Effect effect : step.effects()) {
      String arrow = cut(effect.meaning(), room);
      framed("", "  " + (first ? what + pad : " ".repeat(40)) + style(Style.STATE, arrow));
      first = false;
    }
    if (step.effects().isEmpty()) {
      framed("", "  " + what);
    }
    if (!times.isEmpty()) {
      lines.set(lines.size() - 1, lines.getLast() + times);
    }
    return entry ? last : source;
  }

  private void hot(List<Explanation.HotLine> hot) {
    if (hot.isEmpty()) {
      return;
    }
    line("");
    line(style(Style.NOTE, "where the instructions went (judged, states kept):"));
    for (Explanation.HotLine one : hot) {
      SourceLine source = one.first().source();
      String what =
          source == null
              ? one.first().insn() + ": " + one.first().text()
              : cut(source.text().strip(), 70);
      String number = source == null ? "" : Integer.toString(source.line());
      framed(
          number,
          String.format(java.util.Locale.ROOT, "%,9d %,7d  %s", one.visits(), one.states(), what));
    }
  }

  private void hint(Explanation.Hint hint) {
    if (hint.text().isEmpty()) {
      return;
    }
    line("");
    boolean first = true;
    for (String part : wrapped(hint.text(), WIDTH - 6)) {
      line((first ? style(Style.HINT, "hint: ") : "      ") + part);
      first = false;
    }
    hint.example().lines().forEach(code -> line("          " + style(Style.STATE, code)));
  }

  private static String cut(String text, int width) {
    return text.length() <= width ? text : text.substring(0, width - 2) + "..";
  }

  /** The text in lines of at most some width, broken at blanks. */
  private static List<String> wrapped(String text, int width) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!part.isEmpty() && part.length() + 1 + word.length() > width) {
        parts.add(part.toString());
        part.setLength(0);
      }
      part.append(part.isEmpty() ? "" : " ").append(word);
    }
    parts.add(part.toString());
    return parts;
  }
}

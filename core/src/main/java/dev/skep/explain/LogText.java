package dev.skep.explain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A verifier log, read back: the instructions of the path that it ends with, and what it says
 * behind the last of them.
 *
 * <pre>
 *   ; __u32 slot = ctx->rx_queue_index; @ prog.c:54
 *   10: (61) r2 = *(u32 *)(r6 +16)        ; R2_w=scalar(smin=0,..) R6=ctx()
 *   from 11 to 14: R0=..                  a new path, which left the other behind instruction 11
 *   R0 max value is outside of the allowed memory range
 * </pre>
 *
 * @param path the instructions, first to last
 * @param messages what is said behind them, the reason last
 */
record LogText(List<Line> path, List<String> messages) {
  /** Lines of a path that are kept: the last ones. */
  private static final int MOST_LINES = 100_000;

  private static final Pattern INSN = Pattern.compile("(\\d{1,7}): (\\([0-9a-f]{2}\\) .*)");
  private static final Pattern STATE = Pattern.compile("(?:\\d{1,7}): ?((?:frame\\d+: ?)?R\\d+.*)");
  private static final Pattern FROM =
      Pattern.compile("from (\\d{1,7}) to \\d{1,7}(?: \\(speculative execution\\))?:(.*)");

  /** Behind the C line: its file and number. */
  private static final Pattern POSITION = Pattern.compile(" @ ([^:]+):(\\d{1,9})");

  /** Characters of a line, and of a message, that are read; the kernel's are shorter. */
  private static final int LONGEST_LINE = 16_384;

  private static final int LONGEST_MESSAGE = 1_024;
  private static final Pattern PLACE = Pattern.compile("(R\\d{1,2}|fp-\\d{1,4})(?:_[rw]+)?=P?");

  /** What is neither instruction nor reason. */
  private static final Pattern NOISE =
      Pattern.compile(
          "processed \\d+ insns.*|verification time.*|stack"
              + " depth.*|mark_precise:.*|caller:.*|callee:.*|func#.*|Live"
              + " regs.*|propagating.*|libbpf: .*|-- .*|\\d+: safe|cur state:.*|old state:.*|frame"
              + " ?\\d*:.*|returning from callee:.*|to caller at.*|\\d+: [.0-9]{10,} .*|Func#\\d+"
              + " .* is safe .*|Validating .*|max_states.*");

  /**
   * One instruction.
   *
   * @param states behind it, by place ("r2", "fp-16"), of the places that the log shows
   */
  record Line(int insn, String text, @Nullable SourceLine source, Map<String, String> states) {}

  static LogText parse(String log) {
    List<Line> path = new ArrayList<>();
    List<String> messages = new ArrayList<>();
    SourceLine source = null;
    boolean ended = false;
    for (String raw : log.lines().toList()) {
      String line = cut(raw, LONGEST_LINE).stripTrailing();
      Matcher insn = INSN.matcher(line);
      Matcher state = STATE.matcher(line);
      Matcher from = FROM.matcher(line);
      if (line.startsWith("processed ") && !messages.isEmpty()) {
        ended = true;
      } else if (insn.matches()) {
        messages.clear();
        if (ended) {
          path.clear(); // the log of another program
          ended = false;
        }
        add(path, insn, source);
      } else if (from.matches()) {
        if (!from.group(2).strip().equals("safe")) {
          messages.clear();
          cut(path, Integer.parseInt(from.group(1)));
        }
      } else if (state.matches()) {
        if (!path.isEmpty()) {
          states(state.group(1), path.getLast().states());
        }
      } else if (line.startsWith("; ")) {
        source = sourceLine(line.substring(2));
      } else if (!ended && !line.isBlank() && !NOISE.matcher(line.strip()).matches()) {
        messages.add(cut(line.strip(), LONGEST_MESSAGE));
      }
    }
    return new LogText(path, messages);
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length);
  }

  private static SourceLine sourceLine(String line) {
    int at = line.lastIndexOf(" @ ");
    Matcher position = POSITION.matcher(at < 0 ? "" : line.substring(at));
    return position.matches()
        ? new SourceLine(
            position.group(1), Integer.parseInt(position.group(2)), 0, line.substring(0, at))
        : new SourceLine("", 0, 0, line);
  }

  private static void add(List<Line> path, Matcher insn, @Nullable SourceLine source) {
    String rest = insn.group(2);
    int comment = rest.indexOf(" ; ");
    String text = comment < 0 ? rest : rest.substring(0, comment);
    Map<String, String> states = new HashMap<>();
    if (comment >= 0) {
      states(rest.substring(comment + 3), states);
    }
    if (path.size() == MOST_LINES) {
      path.subList(0, MOST_LINES / 2).clear();
    }
    path.add(new Line(Integer.parseInt(insn.group(1)), text.stripTrailing(), source, states));
  }

  /** Goes back to where a path left the one that ended. */
  private static void cut(List<Line> path, int insn) {
    for (int i = path.size() - 1; i >= 0; i--) {
      if (path.get(i).insn() == insn) {
        path.subList(i + 1, path.size()).clear();
        return;
      }
    }
    path.clear();
  }

  /** Reads "R1=ctx() R2_w=scalar(id=1,umax=5) fp-8=mmmmmmmm". */
  private static void states(String text, Map<String, String> into) {
    Matcher place = PLACE.matcher(text);
    int at = 0;
    while (place.find(at)) {
      int end = end(text, place.end());
      into.put(name(place.group(1)), text.substring(place.end(), end));
      at = end;
    }
  }

  private static String name(String place) {
    return place.startsWith("R") ? "r" + place.substring(1) : place;
  }

  /** Where a value ends: at a blank that is in no parentheses. */
  private static int end(String text, int from) {
    int depth = 0;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ' ' && depth <= 0) {
        return i;
      }
    }
    return text.length();
  }
}

package dev.skep.explain;

import dev.skep.verify.Reason;
import java.util.List;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a check demanded, read from the kernel's text where the check itself did not say it. */
final class TextReason {
  private record Rule(Pattern pattern, Function<MatchResult, Reason> reason) {
    static Rule of(String pattern, Function<MatchResult, Reason> reason) {
      return new Rule(Pattern.compile(pattern), reason);
    }
  }

  /** Of the last line. */
  private static final List<Rule> LAST =
      List.of(
          Rule.of("R(\\d+) !read_ok", m -> new Reason.NotInitialized(number(m, 1))),
          Rule.of("R(\\d+) invalid mem access '(.*)'", m -> ofType(number(m, 1), m.group(2), "")),
          Rule.of(
              "R(\\d+) type=(\\S+) expected=(.*)",
              m -> ofType(number(m, 1), m.group(2), m.group(3))),
          Rule.of(
              "R(\\d+) pointer arithmetic on .*_or_null.* prohibited, null-check it first",
              m -> new Reason.MaybeNull(number(m, 1))),
          Rule.of(
              "Possibly NULL pointer passed to helper arg(\\d+)",
              m -> new Reason.MaybeNull(number(m, 1))),
          Rule.of(
              "Possibly NULL pointer passed to trusted arg([0-4])",
              m -> new Reason.MaybeNull(number(m, 1) + 1)),
          Rule.of(
              ".* register R(\\d+) has .*should have been in \\[(-?\\d+), (-?\\d+)\\]",
              m -> new Reason.ReturnValue(number(m, 1), number(m, 2), number(m, 3))),
          Rule.of(
              "infinite loop detected at insn (\\d+)", m -> new Reason.EndlessLoop(number(m, 1))),
          Rule.of(
              ".* cannot be used inside (\\S+) region", m -> new Reason.SectionOpen(m.group(1))),
          Rule.of("BPF program is too large\\..*", _ -> new Reason.TooComplex(1_000_000)),
          Rule.of(".* would lead to reference leak", _ -> new Reason.LeakedReference()));

  /** Of the line before it, of accesses beyond a region. */
  private static final List<Rule> BEFORE =
      List.of(
          Rule.of(
              "invalid access to packet, off=(-?\\d+) size=(-?\\d+), R(\\d+)\\(.*r=(-?\\d+)\\)",
              m ->
                  new Reason.PacketBounds(number(m, 3), number(m, 1), number(m, 2), number(m, 4))));

  private static final Pattern REGION =
      Pattern.compile(
          "invalid access to (map value|map key|memory), (?:value|key|mem)_size=(\\d+)"
              + " off=(-?\\d+) size=(-?\\d+)");

  private static final Pattern OUTSIDE =
      Pattern.compile("R(\\d+) (?:min|max) value is outside of the allowed memory range");

  private TextReason() {}

  /**
   * @param before the line before the last, or empty
   * @return null where the text does not tell
   */
  static @Nullable Reason of(String message, String before) {
    Reason last = first(LAST, message);
    if (last != null) {
      return last;
    }
    Matcher outside = OUTSIDE.matcher(message);
    Matcher region = REGION.matcher(before);
    if (outside.matches() && region.matches()) {
      return new Reason.OutOfBounds(
          number(outside, 1),
          region.group(1),
          number(region, 3),
          number(region, 4),
          number(region, 2));
    }
    return first(BEFORE, before);
  }

  private static @Nullable Reason first(List<Rule> rules, String text) {
    for (Rule rule : rules) {
      Matcher m = rule.pattern.matcher(text);
      if (m.matches()) {
        return rule.reason.apply(m);
      }
    }
    return null;
  }

  private static Reason ofType(int regno, String type, String expected) {
    return type.contains("or_null")
        ? new Reason.MaybeNull(regno)
        : new Reason.WrongType(regno, type, expected);
  }

  /** A number of the text; one that no log of the kernel's has counts as the nearest that fits. */
  private static int number(MatchResult m, int group) {
    try {
      return Math.clamp(Long.parseLong(m.group(group)), Integer.MIN_VALUE, Integer.MAX_VALUE);
    } catch (NumberFormatException tooLong) {
      return Integer.MAX_VALUE;
    }
  }
}

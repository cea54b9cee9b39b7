package dev.skep.cli.stats;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A filter by a statistic, as {@code insns>1000} or {@code verdict=failure}. What is compared is
 * the distance from zero, as in veristat, unless the number is negative.
 */
record StatFilter(StatSpec spec, Operator operator, long operand) {
  private static final double NEAR = 1e-9;
  private static final List<String> YES =
      List.of("true", "t", "success", "succ", "s", "match", "m");
  private static final List<String> NO =
      List.of("false", "f", "failure", "fail", "mismatch", "mis");

  /** In the order in which they are looked for: none is part of an earlier one. */
  enum Operator {
    EQUAL("=="),
    DIFFERENT("!="),
    UNEQUAL("<>"),
    AT_MOST("<="),
    LESS("<"),
    AT_LEAST(">="),
    MORE(">"),
    IS("=");

    private final String text;

    Operator(String text) {
      this.text = text;
    }

    boolean holds(double left, double right) {
      return switch (this) {
        case EQUAL, IS -> Math.abs(left - right) < NEAR;
        case DIFFERENT, UNEQUAL -> Math.abs(left - right) > NEAR;
        case AT_MOST -> left <= right + NEAR;
        case LESS -> left < right - NEAR;
        case AT_LEAST -> left >= right - NEAR;
        case MORE -> left > right + NEAR;
      };
    }
  }

  /**
   * Null for a text without an operator: a filter by names.
   *
   * @throws IllegalArgumentException for one with an operator that makes no filter
   */
  static @Nullable StatFilter parse(String text) {
    for (Operator operator : Operator.values()) {
      int at = text.indexOf(operator.text);
      if (at >= 0) {
        String name = text.substring(0, at).strip();
        StatSpec spec = StatSpec.find(name);
        if (spec == null) {
          throw Statistic.unknown(name);
        }
        if (!spec.statistic().isNumeric()) {
          throw new IllegalArgumentException(
              "filter \"" + text + "\": " + spec.statistic().key() + " is no number");
        }
        long operand = operand(text, text.substring(at + operator.text.length()).strip());
        return new StatFilter(spec, operator, operand);
      }
    }
    return null;
  }

  private static long operand(String filter, String text) {
    String word = text.toLowerCase(Locale.ROOT);
    if (YES.contains(word)) {
      return 1;
    }
    if (NO.contains(word)) {
      return 0;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "filter \"" + filter + "\": \"" + text + "\" is neither an integer nor a verdict");
    }
  }

  boolean lets(StatRow row) {
    Value value = row.get(spec.statistic());
    if (!value.hasNumber()) {
      return false;
    }
    double number = spec.statistic().isTenths() ? value.number() / 10.0 : value.number();
    return operator.holds(operand < 0 ? number : Math.abs(number), operand);
  }

  /** A side that is missing is farther from zero than any number. */
  boolean lets(JoinedRow row) {
    double number = row.number(spec.statistic(), spec.variant());
    if (Double.isInfinite(number) && operand < 0) {
      return false;
    }
    return operator.holds(operand < 0 ? number : Math.abs(number), operand);
  }
}

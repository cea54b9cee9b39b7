package dev.skep.cli.stats;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A program in both runs that are compared.
 *
 * @param a null where the first run does not have it
 * @param b null where the second run does not have it
 */
record JoinedRow(@Nullable StatRow a, @Nullable StatRow b) {
  /** The number of what is missing: below every other. */
  static final double MISSING = Double.NEGATIVE_INFINITY;

  private StatRow any() {
    StatRow first = a;
    return first != null ? first : java.util.Objects.requireNonNull(b);
  }

  /** The name of file or program. */
  String name(Statistic key) {
    return any().get(key).text();
  }

  int compareNames(JoinedRow other) {
    return any().compareNames(other.any());
  }

  private @Nullable Value side(@Nullable StatRow row, Statistic statistic) {
    return row == null ? null : row.find(statistic);
  }

  /** The figure as a number, {@link #MISSING} where a run does not have what it is made of. */
  double number(Statistic statistic, Variant variant) {
    Value left = side(a, statistic);
    Value right = side(b, statistic);
    return switch (variant) {
      case A -> number(left, statistic);
      case B -> number(right, statistic);
      case DIFF ->
          left == null || right == null
              ? MISSING
              : statistic == Statistic.VERDICT
                  ? left.equals(right) ? 1 : 0
                  : number(right, statistic) - number(left, statistic);
      case PCT ->
          left == null || right == null
              ? MISSING
              : percent(number(left, statistic), number(right, statistic));
    };
  }

  private static double number(@Nullable Value value, Statistic statistic) {
    return value == null || !value.hasNumber()
        ? MISSING
        : statistic.isTenths() ? value.number() / 10.0 : value.number();
  }

  /** From nothing to something is all of it. */
  private static double percent(double left, double right) {
    if (left == 0) {
      return Math.signum(right) * 100;
    }
    return (right - left) * 100 / left;
  }

  /** The figure as it is shown. */
  String text(Statistic statistic, Variant variant) {
    Value left = side(a, statistic);
    Value right = side(b, statistic);
    return switch (variant) {
      case A -> (left == null ? Value.UNKNOWN : left).text();
      case B -> (right == null ? Value.UNKNOWN : right).text();
      case DIFF, PCT ->
          left == null || right == null
              ? Value.UNKNOWN.text()
              : statistic.isRightAligned() && left.hasNumber() && right.hasNumber()
                  ? change(statistic)
                  : left.text().equals(right.text()) ? "MATCH" : "MISMATCH";
    };
  }

  private String change(Statistic statistic) {
    double change = number(statistic, Variant.DIFF);
    double percent = number(statistic, Variant.PCT);
    return String.format(
        Locale.ROOT, statistic.isTenths() ? "%+.1f (%+.2f%%)" : "%+.0f (%+.2f%%)", change, percent);
  }
}

package dev.skep.cli.stats;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Two runs side by side, a row for each program of either, joined by file and program. */
final class Comparison {
  private Comparison() {}

  /** In the order of names; rows of one name are paired one by one. */
  static List<JoinedRow> join(List<StatRow> first, List<StatRow> second) {
    List<StatRow> left = sorted(first);
    List<StatRow> right = sorted(second);
    List<JoinedRow> rows = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < left.size() || j < right.size()) {
      int order =
          i == left.size() ? 1 : j == right.size() ? -1 : left.get(i).compareNames(right.get(j));
      rows.add(new JoinedRow(order <= 0 ? left.get(i) : null, order >= 0 ? right.get(j) : null));
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return rows;
  }

  private static List<StatRow> sorted(List<StatRow> rows) {
    List<StatRow> sorted = new ArrayList<>(rows);
    sorted.sort(StatRow::compareNames);
    return sorted;
  }

  /** The order that {@code -s} asks for, then by names. */
  static Comparator<JoinedRow> order(List<StatSpec> specs) {
    return (x, y) -> {
      for (StatSpec spec : specs) {
        int order = compare(spec, x, y);
        if (order != 0) {
          return spec.ascending() ? order : -order;
        }
      }
      return x.compareNames(y);
    };
  }

  private static int compare(StatSpec spec, JoinedRow x, JoinedRow y) {
    Statistic statistic = spec.statistic();
    if (statistic.isKey()) {
      return x.name(statistic).compareTo(y.name(statistic));
    }
    if (!statistic.isNumeric()) {
      return x.text(statistic, spec.variant()).compareTo(y.text(statistic, spec.variant()));
    }
    double left = x.number(statistic, spec.variant());
    double right = y.number(statistic, spec.variant());
    return spec.absolute()
        ? Double.compare(Math.abs(left), Math.abs(right))
        : Double.compare(left, right);
  }
}

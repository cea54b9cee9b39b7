package dev.skep.cli.stats;

import java.util.Comparator;
import java.util.List;

/** The order of the rows of one run. */
public final class RowOrder {
  private RowOrder() {}

  /** By the statistics, then by file and program; what is not known comes last. */
  public static Comparator<StatRow> of(List<StatSpec> specs) {
    return (x, y) -> {
      for (StatSpec spec : specs) {
        int order = compare(spec, x.get(spec.statistic()), y.get(spec.statistic()));
        if (order != 0) {
          return order;
        }
      }
      return x.compareNames(y);
    };
  }

  private static int compare(StatSpec spec, Value x, Value y) {
    int order;
    if (!spec.statistic().isNumeric()) {
      order = x.text().compareTo(y.text());
    } else if (x.hasNumber() && y.hasNumber()) {
      order =
          spec.absolute()
              ? Long.compare(Math.abs(x.number()), Math.abs(y.number()))
              : Long.compare(x.number(), y.number());
    } else {
      return Boolean.compare(y.hasNumber(), x.hasNumber());
    }
    return spec.ascending() ? order : -order;
  }
}

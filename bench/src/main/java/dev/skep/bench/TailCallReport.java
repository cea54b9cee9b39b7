package dev.skep.bench;

import java.util.List;
import java.util.Locale;

/** The results as a table or as JSON. */
final class TailCallReport {
  private final List<TailCallContender> contenders;
  private final List<TailCallContender.Times> times;

  TailCallReport(List<TailCallContender> contenders, List<TailCallContender.Times> times) {
    this.contenders = contenders;
    this.times = times;
  }

  String table(List<ColdTailCalls.Result> cold) {
    StringBuilder out = new StringBuilder();
    out.append(
        "                                       ns a run of so many hops           ns a hop\n"
            + "engine     layout  form      index          1       4       8      32"
            + "   short    long    best  / linux     / c\n");
    for (int i = 0; i < contenders.size(); i++) {
      TailCallContender each = contenders.get(i);
      TailCallContender.Times time = times.get(i);
      out.append(
          String.format(
              Locale.ROOT,
              "%-10s %-7s %-9s %-10s %5.1f %7.1f %7.1f %7.1f %7.2f %7.2f %7.2f %8s %7s%n",
              each.engine(),
              each.layout(),
              each.form(),
              index(each),
              time.perRun(0),
              time.perRun(1),
              time.perRun(2),
              time.perRun(3),
              time.perShortHop(),
              time.perHop(),
              time.bestPerHop(),
              ratio(i, "linux"),
              ratio(i, "c")));
    }
    out.append(
        "short: 4 hops over 1, which the CPU overlaps from run to run; long: 32 over 1; best: by"
            + " the fastest rounds; ratios of long\n");
    if (!cold.isEmpty()) {
      out.append(ColdTailCalls.Result.head());
      cold.forEach(result -> out.append(result.line()));
      out.append(ColdTailCalls.lines());
    }
    return out.toString();
  }

  private static String index(TailCallContender contender) {
    return switch (contender.text()) {
      case CONSTANT -> "constant";
      case VARIABLE -> "variable";
      case TWO_PATHS, TWO_ARRAYS -> "two paths";
    };
  }

  private String ratio(int row, String engine) {
    int other = counterpart(row, engine);
    return other < 0
        ? "-"
        : String.format(Locale.ROOT, "%.2f", times.get(row).perHop() / times.get(other).perHop());
  }

  /** The engine's row with the nearest text: the last one whose index is of the same kind. */
  private int counterpart(int row, String engine) {
    int found = -1;
    for (int i = 0; i < contenders.size(); i++) {
      TailCallContender each = contenders.get(i);
      boolean comparable = each.constantIndex() == contenders.get(row).constantIndex();
      if (each.engine().equals(engine)
          && comparable
          && (found < 0 || index(each).equals(index(contenders.get(row))))) {
        found = i;
      }
    }
    return found;
  }

  String json(List<ColdTailCalls.Result> cold) {
    StringBuilder out = new StringBuilder("{\"chains\":[");
    for (int i = 0; i < contenders.size(); i++) {
      TailCallContender each = contenders.get(i);
      out.append(i == 0 ? "\n" : ",\n")
          .append(
              String.format(
                  Locale.ROOT,
                  "{\"engine\":\"%s\",\"layout\":\"%s\",\"form\":\"%s\",\"index\":\"%s\","
                      + "\"ns_per_run\":{\"1\":%.2f,\"4\":%.2f,\"8\":%.2f,\"32\":%.2f},"
                      + "\"ns_per_short_hop\":%.3f,\"ns_per_hop\":%.3f,\"best\":%.3f}",
                  each.engine(),
                  each.layout(),
                  each.form(),
                  index(each),
                  times.get(i).perRun(0),
                  times.get(i).perRun(1),
                  times.get(i).perRun(2),
                  times.get(i).perRun(3),
                  times.get(i).perShortHop(),
                  times.get(i).perHop(),
                  times.get(i).bestPerHop()));
    }
    out.append("],\n\"cold\":[");
    for (int i = 0; i < cold.size(); i++) {
      out.append(i == 0 ? "\n" : ",\n").append(cold.get(i).json());
    }
    return out.append("]}\n").toString();
  }
}

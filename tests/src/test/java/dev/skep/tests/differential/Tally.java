package dev.skep.tests.differential;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts findings by rung and keeps the first differences of each kind. */
final class Tally {
  private static final int KEPT = Integer.getInteger("skep.kept", 3);

  private final Map<Rung, EnumMap<Finding.Kind, Integer>> counts = new EnumMap<>(Rung.class);
  private final Map<String, Integer> missing = new TreeMap<>();
  private final Map<Rung, List<Sample>> different = new EnumMap<>(Rung.class);
  private final List<String> reports = new ArrayList<>();

  void add(Sample sample, List<Finding> findings) {
    for (Finding finding : findings) {
      counts
          .computeIfAbsent(finding.rung(), rung -> new EnumMap<>(Finding.Kind.class))
          .merge(finding.kind(), 1, Integer::sum);
      if (finding.kind() == Finding.Kind.UNSUPPORTED) {
        missing.merge(finding.rung() + " " + finding.detail(), 1, Integer::sum);
      }
      if (finding.isDifferent()) {
        List<Sample> kept = different.computeIfAbsent(finding.rung(), rung -> new ArrayList<>());
        if (kept.size() < KEPT) {
          kept.add(sample);
          reports.add(finding.rung() + " differs: " + finding.detail() + Show.program(sample));
        }
      }
    }
  }

  int count(Rung rung, Finding.Kind kind) {
    var row = counts.get(rung);
    return row == null ? 0 : row.getOrDefault(kind, 0);
  }

  /** The first samples that differ at a rung. */
  List<Sample> different(Rung rung) {
    return different.getOrDefault(rung, List.of());
  }

  List<String> reports() {
    return reports;
  }

  /** One line per rung, then what is missing. */
  String summary() {
    StringBuilder out = new StringBuilder();
    counts.forEach((rung, row) -> out.append(rung).append(' ').append(row).append('\n'));
    missing.forEach(
        (what, n) -> out.append("missing ").append(what).append(": ").append(n).append('\n'));
    return out.toString();
  }
}

package dev.skep.fuzz;

import dev.skep.ladder.Finding;
import dev.skep.ladder.Rung;
import dev.skep.ladder.Sample;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts findings by rung, and groups the differences by what they look like. */
public final class Tally {
  /**
   * Differences that look alike.
   *
   * @param sample the shortest program that shows it
   */
  public record Group(Rung rung, Sample sample, Finding finding, int count) {
    private Group and(Sample other, Finding found) {
      boolean shorter = other.program().insns().length < sample.program().insns().length;
      return new Group(rung, shorter ? other : sample, shorter ? found : finding, count + 1);
    }
  }

  private final Map<Rung, EnumMap<Finding.Kind, Integer>> counts = new EnumMap<>(Rung.class);
  private final Map<String, Integer> missing = new TreeMap<>();
  private final Map<String, Group> groups = new LinkedHashMap<>();

  public void add(Sample sample, List<Finding> findings) {
    for (Finding finding : findings) {
      counts
          .computeIfAbsent(finding.rung(), rung -> new EnumMap<>(Finding.Kind.class))
          .merge(finding.kind(), 1, Integer::sum);
      if (finding.kind() == Finding.Kind.UNSUPPORTED) {
        missing.merge(finding.rung() + " " + finding.detail(), 1, Integer::sum);
      }
    }
    // What lies above the first difference follows from it.
    findings.stream()
        .filter(Finding::isDifferent)
        .findFirst()
        .ifPresent(finding ->
            groups.merge(
                finding.rung() + finding.signature(),
                new Group(finding.rung(), sample, finding, 1),
                (old, fresh) -> old.and(sample, finding)));
  }

  public int count(Rung rung, Finding.Kind kind) {
    var row = counts.get(rung);
    return row == null ? 0 : row.getOrDefault(kind, 0);
  }

  /** The groups of differences, the largest first. */
  public List<Group> groups() {
    return groups.values().stream()
        .sorted(Comparator.comparingInt(Group::count).reversed())
        .toList();
  }

  /** What differs, one text per group. */
  public List<String> details() {
    return groups().stream()
        .map(group -> group.rung() + " " + group.sample().name() + ' ' + group.finding().detail())
        .toList();
  }

  /** One line per rung, then what is missing. */
  public String summary() {
    StringBuilder out = new StringBuilder();
    counts.forEach((rung, row) -> out.append(rung).append(' ').append(row).append('\n'));
    missing.forEach(
        (what, n) -> out.append("missing ").append(what).append(": ").append(n).append('\n'));
    return out.toString();
  }
}

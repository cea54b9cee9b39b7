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

    /** The same text for all differences of the group. */
    public String signature() {
      return signatureOf(finding);
    }
  }

  private final Counts counts = new Counts();
  private final Map<String, Group> groups = new LinkedHashMap<>();

  public void add(Sample sample, List<Finding> findings) {
    counts.add(sample.program().type().text(), findings);
    Finding first = firstDifference(findings);
    if (first != null) {
      groups.merge(
          signatureOf(first),
          new Group(first.rung(), sample, first, 1),
          (old, fresh) -> old.and(sample, first));
    }
  }

  /** The lowest difference, or null: what lies above it follows from it. */
  static @org.jspecify.annotations.Nullable Finding firstDifference(List<Finding> findings) {
    for (Finding finding : findings) {
      if (finding.isDifferent()) {
        return finding;
      }
    }
    return null;
  }

  /** For results, which of them differ; for texts, the texts without their numbers. */
  static String signatureOf(Finding finding) {
    return switch (finding.rung()) {
      case INTERP, JIT, JIT_KERNEL -> finding.rung() + " " + Fields.different(finding);
      default -> finding.rung() + " " + finding.signature();
    };
  }

  public Counts counts() {
    return counts;
  }

  public int count(Rung rung, Finding.Kind kind) {
    return (int) counts.of(rung, kind);
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
    for (Rung rung : Rung.values()) {
      Map<Finding.Kind, Long> row = new EnumMap<>(Finding.Kind.class);
      for (Finding.Kind kind : Finding.Kind.values()) {
        if (counts.of(rung, kind) != 0) {
          row.put(kind, counts.of(rung, kind));
        }
      }
      out.append(row.isEmpty() ? "" : rung + " " + row + '\n');
    }
    new TreeMap<>(counts.missing())
        .forEach(
            (what, n) -> out.append("missing ").append(what).append(": ").append(n).append('\n'));
    return out.toString();
  }
}

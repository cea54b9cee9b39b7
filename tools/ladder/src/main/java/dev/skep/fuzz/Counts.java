package dev.skep.fuzz;

import dev.skep.ladder.Finding;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Rung;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How many programs were equal, different or unsupported: by rung, by program type, by both. */
public final class Counts {
  /**
   * The programs of one type.
   *
   * @param programs all
   * @param accepted those that both sides accept
   * @param different those that differ on some rung
   * @param unsupported those that Skep cannot judge, rewrite, compile or run yet
   */
  public record OfType(long programs, long accepted, long different, long unsupported) {
    static final OfType NONE = new OfType(0, 0, 0, 0);

    OfType plus(OfType o) {
      return new OfType(
          programs + o.programs,
          accepted + o.accepted,
          different + o.different,
          unsupported + o.unsupported);
    }
  }

  private final Map<Rung, long[]> rungs = new EnumMap<>(Rung.class);
  private final Map<String, Long> missing = new TreeMap<>();
  private final Map<String, OfType> types = new TreeMap<>();
  private final Map<String, Map<Rung, long[]>> byType = new TreeMap<>();

  void add(String type, List<Finding> findings) {
    boolean different = false;
    boolean unsupported = false;
    boolean accepted = false;
    for (Finding finding : findings) {
      add(type, finding.rung(), finding.kind(), 1);
      different |= finding.isDifferent();
      accepted |=
          finding.rung() == Rung.REASON
              && finding.kind() == Finding.Kind.NOT_COMPARED
              && finding.detail().equals(Ladder.ACCEPTED);
      if (finding.kind() == Finding.Kind.UNSUPPORTED) {
        unsupported = true;
        missing.merge(finding.rung() + " " + finding.detail(), 1L, Long::sum);
      }
    }
    add(type, new OfType(1, accepted ? 1 : 0, different ? 1 : 0, unsupported ? 1 : 0));
  }

  /** Counts programs of a type on a rung. */
  void add(String type, Rung rung, Finding.Kind kind, long count) {
    add(rungs, rung, kind, count);
    add(byType.computeIfAbsent(type, t -> new EnumMap<>(Rung.class)), rung, kind, count);
  }

  private static void add(Map<Rung, long[]> rows, Rung rung, Finding.Kind kind, long count) {
    rows.computeIfAbsent(rung, r -> new long[Finding.Kind.values().length])[kind.ordinal()] +=
        count;
  }

  void add(String type, OfType more) {
    types.merge(type, more, OfType::plus);
  }

  void addMissing(String what, long count) {
    missing.merge(what, count, Long::sum);
  }

  void add(Counts other) {
    other.byType.forEach((type, rows) ->
        rows.forEach((rung, row) -> {
          for (Finding.Kind kind : Finding.Kind.values()) {
            add(type, rung, kind, row[kind.ordinal()]);
          }
        }));
    other.missing.forEach(this::addMissing);
    other.types.forEach(this::add);
  }

  public long of(Rung rung, Finding.Kind kind) {
    long[] row = rungs.get(rung);
    return row == null ? 0 : row[kind.ordinal()];
  }

  /** How many programs of a type were equal, different or unsupported on a rung. */
  public long of(String type, Rung rung, Finding.Kind kind) {
    long[] row = byType.getOrDefault(type, Map.of()).get(rung);
    return row == null ? 0 : row[kind.ordinal()];
  }

  /** The share of equal programs among those that were compared, in percent; NaN for none. */
  public double percent(Rung rung) {
    return percent(of(rung, Finding.Kind.EQUAL), of(rung, Finding.Kind.DIFFERENT));
  }

  /** {@link #percent(Rung)} among the programs of one type. */
  public double percent(String type, Rung rung) {
    return percent(of(type, rung, Finding.Kind.EQUAL), of(type, rung, Finding.Kind.DIFFERENT));
  }

  private static double percent(long equal, long different) {
    return 100.0 * equal / (equal + different);
  }

  /** Whether anything was compared on that rung, or would have been. */
  public boolean has(Rung rung) {
    return of(rung, Finding.Kind.EQUAL) != 0
        || of(rung, Finding.Kind.DIFFERENT) != 0
        || of(rung, Finding.Kind.UNSUPPORTED) != 0;
  }

  /** Pieces that Skep lacks, with their rung in front, and how many programs needed them. */
  public Map<String, Long> missing() {
    return missing;
  }

  /** By libbpf's name of the type. */
  public Map<String, OfType> types() {
    return types;
  }

  public long programs() {
    return types.values().stream().mapToLong(OfType::programs).sum();
  }

  /** Programs that differ somewhere. */
  public long different() {
    return types.values().stream().mapToLong(OfType::different).sum();
  }
}

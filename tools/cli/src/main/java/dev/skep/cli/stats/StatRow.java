package dev.skep.cli.stats;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is known of one program; the rest is {@link Value#UNKNOWN}. */
public final class StatRow {
  private final Map<Statistic, Value> values = new EnumMap<>(Statistic.class);

  /** A row of one program, by the base name of its object's file. */
  public static StatRow of(String file, String program) {
    return new StatRow()
        .with(Statistic.FILE_NAME, Value.of(file))
        .with(Statistic.PROG_NAME, Value.of(program));
  }

  /** Adds a value. */
  public StatRow with(Statistic statistic, Value value) {
    values.put(statistic, value);
    return this;
  }

  /** Adds a number. */
  public StatRow with(Statistic statistic, long number) {
    return with(statistic, Value.of(number));
  }

  Value get(Statistic statistic) {
    return values.getOrDefault(statistic, Value.UNKNOWN);
  }

  /** Null where it is not known. */
  @Nullable Value find(Statistic statistic) {
    Value value = get(statistic);
    return value.equals(Value.UNKNOWN) ? null : value;
  }

  String file() {
    return get(Statistic.FILE_NAME).text();
  }

  String program() {
    return get(Statistic.PROG_NAME).text();
  }

  /** Whether Linux's verdict is known; a comparison and CSV need it. */
  public boolean isJudged() {
    return get(Statistic.VERDICT).hasNumber();
  }

  int compareNames(StatRow other) {
    int files = file().compareTo(other.file());
    return files != 0 ? files : program().compareTo(other.program());
  }
}

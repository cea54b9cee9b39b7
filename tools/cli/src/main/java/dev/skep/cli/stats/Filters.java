package dev.skep.cli.stats;

import dev.skep.errors.MalformedException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Veristat's filters: by names and by statistics, each kind with filters that let in and, after a
 * {@code !}, filters that leave out. Without one that lets in, everything of its kind is in.
 */
public final class Filters {
  private final List<NameFilter> names = new ArrayList<>();
  private final List<NameFilter> notNames = new ArrayList<>();
  private final List<StatFilter> figures = new ArrayList<>();
  private final List<StatFilter> notFigures = new ArrayList<>();

  /**
   * Filters of the command line; {@code @file} stands for the lines of a file.
   *
   * @throws IllegalArgumentException if one is no filter
   * @throws MalformedException if a file cannot be read
   */
  public static Filters parse(List<String> texts) {
    Filters filters = new Filters();
    for (String text : texts) {
      if (text.startsWith("@")) {
        ListFile.lines(text.substring(1)).forEach(filters::add);
      } else {
        filters.add(text);
      }
    }
    return filters;
  }

  private void add(String text) {
    boolean leavesOut = text.startsWith("!");
    String body = leavesOut ? text.substring(1) : text;
    StatFilter figure = StatFilter.parse(body);
    if (figure != null) {
      (leavesOut ? notFigures : figures).add(figure);
    } else {
      (leavesOut ? notNames : names).add(NameFilter.parse(body));
    }
  }

  /** Whether a program of an object is wanted, by the base name of the object's file. */
  public boolean wants(String file, String program) {
    for (NameFilter filter : notNames) {
      if (filter.leavesOut(file, program)) {
        return false;
      }
    }
    return names.isEmpty() || names.stream().anyMatch(filter -> filter.lets(file, program));
  }

  /** Whether programs of a file may be wanted, before they are known. */
  public boolean wantsFile(String file) {
    for (NameFilter filter : notNames) {
      if (filter.leavesOut(file)) {
        return false;
      }
    }
    return names.isEmpty() || names.stream().anyMatch(filter -> filter.file().matches(file));
  }

  /** Whether a row is wanted by its figures. */
  public boolean wants(StatRow row) {
    return byFigures(filter -> filter.lets(row));
  }

  /** Whether a row of a comparison is wanted by its figures. */
  boolean wants(JoinedRow row) {
    return byFigures(filter -> filter.lets(row));
  }

  private boolean byFigures(Predicate<StatFilter> lets) {
    return notFigures.stream().noneMatch(lets)
        && (figures.isEmpty() || figures.stream().anyMatch(lets));
  }
}

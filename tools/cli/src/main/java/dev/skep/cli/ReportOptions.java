package dev.skep.cli;

import dev.skep.cli.stats.Filters;
import dev.skep.cli.stats.Report;
import dev.skep.cli.stats.Statistic;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which rows and which statistics {@code skep verify} shows, how and in which order. */
final class ReportOptions {
  @Option(
      names = {"-f", "--filter"},
      paramLabel = "FILTER",
      description = {
        "Only programs by name (GLOB, OBJ/PROG, OBJ/, /PROG) or figure (insns>1000,",
        "verdict=failure); '!' before it leaves out; @FILE has one a line."
      })
  List<String> filters = new ArrayList<>();

  @Option(
      names = {"-o", "--output-format"},
      paramLabel = "FORMAT",
      description = "table, csv (veristat reads it) or json.")
  String format = "table";

  @Option(
      names = {"-e", "--emit"},
      split = ",",
      paramLabel = "SPEC",
      description = "Statistics to emit, as in file,prog,verdict,insns.")
  List<String> emit = new ArrayList<>();

  @Option(
      names = {"-s", "--sort"},
      split = ",",
      paramLabel = "SPEC",
      description = {
        "Statistics to sort by; '^' behind one for upwards, 'v' for downwards, bars around it",
        "for its distance from zero; compared: NAME_a, _b, _diff, _pct."
      })
  List<String> sort = new ArrayList<>();

  @Option(
      names = {"-n", "--top-n"},
      paramLabel = "N",
      description = "Only the first N rows.")
  int top;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress, reasons and remarks.")
  boolean quiet;

  /**
   * What was asked for.
   *
   * @param more columns of a table that what was asked for brings along
   */
  Report report(List<Statistic> more) {
    if (top < 0) {
      throw new UsageException("-n: must not be negative");
    }
    List<Statistic> standard =
        new ArrayList<>(format.equals("csv") ? Statistic.CSV : Statistic.TABLE);
    if (!format.equals("csv")) {
      standard.addAll(more);
    }
    try {
      return Report.of(emit, standard, sort, Filters.parse(filters), top);
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }
}

package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.cli.stats.ComparisonReport;
import dev.skep.cli.stats.Filters;
import dev.skep.cli.stats.Report;
import dev.skep.cli.stats.RunFile;
import dev.skep.cli.stats.StatRow;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.function.Function;

/** {@code skep verify -R} and {@code -C}: a run that was kept, or two of them side by side. */
final class KeptRuns {
  private final PrintWriter out;
  private final Report report;
  private final String format;
  private final boolean pretty;

  KeptRuns(PrintWriter out, Report report, String format, boolean pretty) {
    this.out = out;
    this.report = report;
    this.format = format;
    this.pretty = pretty;
  }

  /** Returns the exit status: no verdict of today is in it. */
  int show(List<String> files, boolean compare) throws IOException {
    int wanted = compare ? 2 : 1;
    if (files.size() != wanted) {
      throw new UsageException(compare ? "-C: compares two files" : "-R: shows one file");
    }
    Filters filters = report.filters();
    List<StatRow> first = RunFile.read(files.getFirst(), filters);
    if (compare) {
      comparison(ComparisonReport.of(report, first, RunFile.read(files.getLast(), filters)));
    } else {
      replay(report.selected(first, Function.identity()));
    }
    return ExitStatus.OK;
  }

  private void comparison(ComparisonReport result) throws IOException {
    switch (format) {
      case "json" -> {
        for (int i = 0; i < result.size(); i++) {
          int row = i;
          line(json -> result.write(json, row));
        }
      }
      case "csv" -> result.csv().forEach(out::println);
      default -> result.table().forEach(out::println);
    }
  }

  private void replay(List<StatRow> rows) throws IOException {
    switch (format) {
      case "json" -> {
        for (StatRow row : rows) {
          line(json -> report.write(json, row));
        }
      }
      case "csv" -> report.csv(rows).forEach(out::println);
      default -> report.table(rows).forEach(out::println);
    }
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private void line(Body body) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      if (pretty) {
        json.useDefaultPrettyPrinter();
      }
      body.write(json);
    }
    out.println(text);
  }
}

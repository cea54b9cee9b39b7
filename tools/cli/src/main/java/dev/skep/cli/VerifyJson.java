package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.cli.stats.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of JSON per program: as they are ready, or at the end where another order is asked for.
 */
final class VerifyJson implements VerifyOutput {
  private final PrintWriter out;
  private final Report report;
  private final boolean sorted;
  private final boolean pretty;
  private final boolean withLog;
  private final List<VerdictRow> rows = new ArrayList<>();
  private int written;

  VerifyJson(PrintWriter out, Report report, boolean sorted, boolean pretty, boolean withLog) {
    this.out = out;
    this.report = report;
    this.sorted = sorted;
    this.pretty = pretty;
    this.withLog = withLog;
  }

  @Override
  public void row(VerdictRow row) throws IOException {
    VerdictRow kept = withLog ? row : row.withoutLog();
    if (sorted) {
      rows.add(kept);
    } else if (report.filters().wants(row.figures())
        && (report.top() == 0 || written < report.top())) {
      write(kept);
    }
  }

  @Override
  public void end(String summary) throws IOException {
    for (VerdictRow row : report.selected(rows, VerdictRow::figures)) {
      write(row);
    }
  }

  private void write(VerdictRow row) throws IOException {
    written++;
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      if (pretty) {
        json.useDefaultPrettyPrinter();
      }
      row.write(json, withLog);
    }
    out.println(text);
    out.flush();
  }
}

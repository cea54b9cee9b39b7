package dev.skep.cli;

import dev.skep.cli.stats.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * CSV that veristat reads. It has two verdicts only, so programs without one are named on standard
 * error instead.
 */
final class VerifyCsv implements VerifyOutput {
  private final PrintWriter out;
  private final PrintWriter err;
  private final Report report;
  private final boolean quiet;
  private final List<VerdictRow> rows = new ArrayList<>();

  VerifyCsv(PrintWriter out, PrintWriter err, Report report, boolean quiet) {
    this.out = out;
    this.err = err;
    this.report = report;
    this.quiet = quiet;
  }

  @Override
  public void row(VerdictRow row) {
    if (row.figures().isJudged()) {
      rows.add(row.withoutLog());
    } else if (!row.program().isEmpty() && !quiet) {
      String name = row.object() + ":" + row.program();
      Main.error(err, name + ": not in the csv: " + row.verdict() + ": " + row.message());
    }
  }

  @Override
  public void end(String summary) throws IOException {
    report
        .csv(report.selected(rows, VerdictRow::figures).stream().map(VerdictRow::figures).toList())
        .forEach(out::println);
  }
}

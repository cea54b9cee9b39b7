package dev.skep.cli;

import dev.skep.cli.stats.Report;
import dev.skep.cli.stats.StatRow;
import dev.skep.ladder.Finding;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** A table for people, as veristat draws it, with the reasons below it. */
final class VerifyTable implements VerifyOutput {
  private final PrintWriter out;
  private final Report report;
  private final boolean quiet;
  private final boolean withLog;
  private final int topLines;
  private final ExplainOptions explanations;
  private final List<VerdictRow> rows = new ArrayList<>();

  /**
   * @param quiet without reasons
   * @param topLines whether source lines are counted
   */
  VerifyTable(
      PrintWriter out,
      Report report,
      boolean quiet,
      boolean withLog,
      int topLines,
      ExplainOptions explanations) {
    this.out = out;
    this.report = report;
    this.quiet = quiet;
    this.withLog = withLog;
    this.topLines = topLines;
    this.explanations = explanations;
  }

  @Override
  public void row(VerdictRow row) {
    if (!row.program().isEmpty()) {
      out.print(row.details().dump());
      if (withLog) {
        printLog(row);
      }
      if (topLines > 0) {
        out.println("Top source lines (" + row.program() + "):");
        row.details().topLines().forEach(line -> out.println(line.text()));
        out.println();
      }
      rows.add(row.withoutLog());
    }
  }

  private void printLog(VerdictRow row) {
    out.println(
        "PROCESSING "
            + row.object()
            + "/"
            + row.program()
            + ", DURATION US: "
            + (row.stats() == null ? 0 : row.stats().durationNanos() / 1000)
            + ", VERDICT: "
            + row.verdictText()
            + ", VERIFIER LOG:");
    out.println(row.log());
  }

  @Override
  public void end(String summary) throws IOException {
    List<VerdictRow> shown = report.selected(rows, VerdictRow::figures);
    List<StatRow> figures = shown.stream().map(VerdictRow::figures).toList();
    report.table(figures).forEach(out::println);
    out.println("Done. " + summary);
    if (quiet) {
      return;
    }
    printReasons(shown);
    for (VerdictRow row : shown) {
      if (row.linux() != null) {
        for (Finding finding : row.linux().findings()) {
          LadderOutput.describe(out, row.object() + ":" + row.program(), finding);
        }
      }
    }
    explanations.print(out, shown);
    out.println(count());
  }

  /** The numbers of verdicts, of all programs. */
  private String count() {
    List<String> parts = new ArrayList<>();
    for (String verdict : List.of("success", "failure", "unsupported", "malformed")) {
      long count = rows.stream().filter(row -> row.verdictText().equals(verdict)).count();
      if (count > 0 || verdict.equals("success")) {
        parts.add(count + " " + verdict);
      }
    }
    String text = String.join(", ", parts);
    if (rows.stream().noneMatch(row -> row.linux() != null)) {
      return text;
    }
    long different = rows.stream().filter(row -> row.againstLinux().equals("different")).count();
    return text + "; " + different + " differ from linux";
  }

  private void printReasons(List<VerdictRow> shown) {
    for (VerdictRow row : shown) {
      if (!row.accepted() && !row.message().isEmpty()) {
        String insn = row.insn() < 0 ? "" : ", insn " + row.insn();
        out.println(
            row.object()
                + ":"
                + row.program()
                + insn
                + ": "
                + row.verdict()
                + ": "
                + row.message());
      }
    }
  }
}

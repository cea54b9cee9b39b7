package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.ladder.Finding;
import dev.skep.ladder.ObjectLadder;
import dev.skep.linux.KernelEngine;
import dev.skep.program.Dialect;
import dev.skep.program.Program;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skep verify}: the verdict that Linux would give, with its reason and counters. */
@Command(
    name = "verify",
    description = "Judge programs as Linux would; 'a.bpf.o:prog' names one program.")
final class VerifyCommand implements Callable<Integer> {
  @Mixin GlobalOptions global;
  @Spec CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "OBJ[:PROG]", description = "Objects to judge.")
  List<String> objects;

  @Option(names = "-f", paramLabel = "PROG", description = "Only these programs ('*', '?', '!').")
  List<String> filters = new ArrayList<>();

  @Option(
      names = "-l",
      paramLabel = "LEVEL",
      description = "Verifier log: 1 failures' path, 2 everything, 4 statistics (may be added up).")
  @Nullable Integer logLevel;

  @Option(names = "-o", paramLabel = "FORMAT", description = "table, csv or json.")
  String format = "table";

  @Option(names = "-e", split = ",", paramLabel = "SPEC", description = "Statistics to emit.")
  List<String> emit = new ArrayList<>();

  @Option(
      names = "-s",
      split = ",",
      paramLabel = "SPEC",
      description = "Statistics to sort by; '^' before or after the name for descending.")
  List<String> sort = new ArrayList<>();

  @Option(
      names = "--target",
      paramLabel = "OBJ:PROG",
      description = "What extensions (SEC(\"freplace\")) replace functions of.")
  @Nullable String target;

  @Option(
      names = "--kernel",
      paramLabel = "K",
      description = "Whose rules hold: 6.18, seed or mainline (default; 6.18 --against-linux).")
  @Nullable String kernelRules;

  @Option(
      names = "--against-linux",
      description = "Ask the running kernel too, and compare: verdict, reason, counters, logs.")
  boolean againstLinux;

  @Option(
      names = "--bench",
      paramLabel = "N",
      description = "Measure verification in N rounds, beside Linux with --against-linux.")
  int bench;

  @Mixin ExplainOptions explanations;

  @Option(names = "--jobs", paramLabel = "N", description = "Objects at once.")
  int jobs = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() throws IOException {
    if (logLevel != null && (logLevel < 0 || logLevel > 7)) {
      throw new UsageException("-l: level must be 0 to 7");
    }
    if (jobs < 1) {
      throw new UsageException("--jobs: must be at least 1");
    }
    if (bench < 0) {
      throw new UsageException("--bench: must not be negative");
    }
    if (bench > 0) {
      jobs = 1; // what runs beside it would be measured too
    }
    if (global.anyJson()) {
      format = "json";
    }
    Output output =
        switch (format) {
          case "json" -> new JsonLines();
          case "csv" -> new Columns(true);
          case "table" -> new Columns(false);
          default -> throw new UsageException("-o: unknown format \"" + format + "\"");
        };
    int status = judgeAll(output);
    output.end();
    return status;
  }

  private int judgeAll(Output output) throws IOException {
    List<ObjectArgument> arguments = objects.stream().map(ObjectArgument::parse).toList();
    VerifierOptions options = rules().withLogLevel(logLevel == null ? 1 : logLevel);
    ProgramFilter filter = new ProgramFilter(filters);
    Program extended = target == null ? null : ObjectArgument.parse(target).openProgram();
    int status = ExitStatus.OK;
    try (KernelEngine kernel = againstLinux ? ObjectLadder.kernel() : null;
        ExecutorService workers =
            Executors.newFixedThreadPool(Math.clamp(arguments.size(), 1, jobs))) {
      List<Future<List<VerdictRow>>> answers = new ArrayList<>();
      for (ObjectArgument argument : arguments) {
        answers.add(
            workers.submit(() -> Judge.object(argument, extended, filter, options, kernel, bench)));
      }
      for (Future<List<VerdictRow>> answer : answers) {
        for (VerdictRow judged : Waiting.result(answer)) {
          VerdictRow row = explanations.keeps(arguments.size()) ? judged : judged.explainedBy(null);
          status = ExitStatus.worse(status, row.exitStatus());
          if (row.program().isEmpty()) {
            Main.error(spec.commandLine().getErr(), row.message());
          }
          output.row(row);
        }
      }
    }
    return status;
  }

  private VerifierOptions rules() {
    VerifierOptions facts = againstLinux ? ObjectLadder.verifierOptions() : Engines.verifier();
    try {
      return kernelRules == null ? facts : facts.withDialect(Dialect.parse(kernelRules));
    } catch (IllegalArgumentException e) {
      throw new UsageException("--kernel: " + e.getMessage());
    }
  }

  private sealed interface Output {
    void row(VerdictRow row) throws IOException;

    void end() throws IOException;
  }

  private final class JsonLines implements Output {
    private final PrintWriter out = spec.commandLine().getOut();

    @Override
    public void row(VerdictRow row) throws IOException {
      java.io.StringWriter text = new java.io.StringWriter();
      try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
        if (global.pretty) {
          json.useDefaultPrettyPrinter();
        }
        row.write(json, logLevel != null);
      }
      out.println(text);
      out.flush();
    }

    @Override
    public void end() {}
  }

  /** A table or CSV: all rows are needed for widths and order. */
  private final class Columns implements Output {
    private final boolean csv;
    private final List<VerdictRow> rows = new ArrayList<>();

    Columns(boolean csv) {
      this.csv = csv;
    }

    @Override
    public void row(VerdictRow row) {
      rows.add(row);
    }

    @Override
    public void end() {
      PrintWriter out = spec.commandLine().getOut();
      List<VerdictRow> sorted = sorted();
      if (!csv && logLevel != null) {
        sorted.forEach(row -> printLog(out, row));
      }
      List<VerifyColumn> columns = columns();
      if (csv) {
        out.println(String.join(",", columns.stream().map(VerifyColumn::key).toList()));
        for (VerdictRow row : sorted) {
          out.println(
              String.join(",", columns.stream().map(c -> TextTable.csv(c.cell(row))).toList()));
        }
        return;
      }
      TextTable table = new TextTable("", columns.stream().map(VerifyColumn::head).toList());
      for (VerdictRow row : sorted) {
        table.row(columns.stream().map(c -> c.cell(row)).toList());
      }
      table.lines().forEach(out::println);
      printReasons(out, sorted);
      sorted.forEach(row -> printDifferences(out, row));
      explanations.print(out, sorted);
      long accepted = rows.stream().filter(VerdictRow::accepted).count();
      out.println(
          "\n"
              + rows.size()
              + " programs: "
              + accepted
              + " accepted, "
              + count("rejected")
              + " rejected, "
              + count("unsupported")
              + " unsupported, "
              + count("malformed")
              + " malformed"
              + (againstLinux ? "; " + different() + " differ from linux" : ""));
    }

    private long different() {
      return rows.stream().filter(row -> row.againstLinux().equals("different")).count();
    }

    private long count(String verdict) {
      return rows.stream().filter(row -> row.verdict().equals(verdict)).count();
    }

    private void printReasons(PrintWriter out, List<VerdictRow> sorted) {
      boolean first = true;
      for (VerdictRow row : sorted) {
        if (!row.accepted() && !row.message().isEmpty()) {
          out.print(first ? "\n" : "");
          first = false;
          String where =
              row.program().isEmpty() ? row.object() : row.object() + ":" + row.program();
          String insn = row.insn() < 0 ? "" : ", insn " + row.insn();
          out.println(where + insn + ": " + row.verdict() + ": " + row.message());
        }
      }
    }

    private static void printDifferences(PrintWriter out, VerdictRow row) {
      if (row.linux() != null) {
        for (Finding finding : row.linux().findings()) {
          LadderOutput.describe(out, row.object() + ":" + row.program(), finding);
        }
      }
    }

    private List<VerdictRow> sorted() {
      List<VerdictRow> sorted = new ArrayList<>(rows);
      Comparator<VerdictRow> order = null;
      for (String text : sort) {
        boolean down = text.startsWith("^") || text.endsWith("^");
        Comparator<VerdictRow> next = VerifyColumn.parse(text.replace("^", "")).order();
        next = down ? next.reversed() : next;
        order = order == null ? next : order.thenComparing(next);
      }
      if (order != null) {
        sorted.sort(order);
      }
      return sorted;
    }

    private List<VerifyColumn> columns() {
      if (!emit.isEmpty()) {
        return emit.stream().map(VerifyColumn::parse).toList();
      }
      List<VerifyColumn> columns =
          new ArrayList<>(
              List.of(
                  VerifyColumn.FILE_NAME,
                  VerifyColumn.PROG_NAME,
                  VerifyColumn.VERDICT,
                  VerifyColumn.DURATION,
                  VerifyColumn.TOTAL_INSNS,
                  VerifyColumn.TOTAL_STATES,
                  VerifyColumn.PEAK_STATES));
      if (againstLinux) {
        columns.add(VerifyColumn.LINUX);
      }
      if (bench > 0) {
        columns.add(VerifyColumn.COST);
        if (againstLinux) {
          columns.add(VerifyColumn.LINUX_COST);
        }
      }
      return columns;
    }
  }

  private static void printLog(PrintWriter out, VerdictRow row) {
    out.println(
        "PROCESSING "
            + row.object()
            + "/"
            + row.program()
            + ", VERDICT: "
            + row.verdict()
            + ", VERIFIER LOG:");
    out.print(row.log());
    out.println();
  }
}

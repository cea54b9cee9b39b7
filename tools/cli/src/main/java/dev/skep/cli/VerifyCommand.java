package dev.skep.cli;

import dev.skep.cli.stats.ListFile;
import dev.skep.cli.stats.Report;
import dev.skep.cli.stats.Statistic;
import dev.skep.ladder.ObjectLadder;
import dev.skep.linux.KernelEngine;
import dev.skep.program.Dialect;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
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
  private static final int TEST_STATE_FREQ = 1 << 3;
  private static final int TEST_REG_INVARIANTS = 1 << 7;

  @Mixin GlobalOptions global;
  @Mixin ReportOptions shown;
  @Mixin LogOptions log;
  @Mixin ExplainOptions explanations;
  @Spec CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "OBJ[:PROG]",
      description = "Objects to judge; @FILE has one a line. With -C and -R: kept runs.")
  List<String> objects;

  @Option(
      names = {"-C", "--compare"},
      description = "Compare two runs that were kept as csv or json.")
  boolean compare;

  @Option(
      names = {"-R", "--replay"},
      description = "Show a run that was kept as csv or json.")
  boolean replay;

  @Option(
      names = {"-G", "--set-global-vars"},
      paramLabel = "VAR=VALUE",
      description = "Initial value of a global variable: \"a.b[2] = -1\"; @FILE has one a line.")
  List<String> presets = new ArrayList<>();

  @Option(
      names = {"-t", "--test-states"},
      description = "Keep a state wherever that is possible (BPF_F_TEST_STATE_FREQ).")
  boolean testStates;

  @Option(
      names = {"-r", "--test-reg-invariants"},
      description = "Fail where bounds of a register contradict (BPF_F_TEST_REG_INVARIANTS).")
  boolean testInvariants;

  @Option(
      names = "--dump",
      arity = "0..1",
      fallbackValue = "xlated",
      paramLabel = "xlated|jited",
      description = "Dump what accepted programs become.")
  List<String> dumps = new ArrayList<>();

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

  @Option(names = "--jobs", paramLabel = "N", description = "Programs at once.")
  int jobs = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() throws IOException {
    check();
    Report report = shown.report(columns());
    if (compare || replay) {
      return new KeptRuns(spec.commandLine().getOut(), report, shown.format, global.pretty)
          .show(objects, compare);
    }
    VerifyOutput output = output(report);
    List<ObjectArgument> arguments = arguments();
    try (KernelEngine kernel = againstLinux ? ObjectLadder.kernel() : null) {
      return judgeAll(arguments, new Judge(settings(report, kernel)), output);
    }
  }

  private void check() {
    log.check();
    if (jobs < 1) {
      throw new UsageException("--jobs: must be at least 1");
    }
    if (bench < 0) {
      throw new UsageException("--bench: must not be negative");
    }
    if (bench > 0) {
      jobs = 1; // what runs beside it would be measured too
    }
    if (compare && replay) {
      throw new UsageException("-C and -R: one of them");
    }
    if (log.verbose && shown.quiet) {
      throw new UsageException("-v and -q: one of them");
    }
    for (String form : dumps) {
      if (!ProgramDump.FORMS.contains(form)) {
        throw new UsageException("--dump: xlated or jited, not \"" + form + "\"");
      }
    }
    if (global.anyJson()) {
      shown.format = "json";
    }
    if (!List.of("table", "csv", "json").contains(shown.format)) {
      throw new UsageException("-o: unknown format \"" + shown.format + "\"");
    }
  }

  private List<Statistic> columns() {
    List<Statistic> more = new ArrayList<>();
    if (againstLinux) {
      more.add(Statistic.LINUX);
    }
    if (bench > 0) {
      more.add(Statistic.COST);
      if (againstLinux) {
        more.add(Statistic.LINUX_COST);
      }
    }
    return more;
  }

  private VerifyOutput output(Report report) {
    PrintWriter out = spec.commandLine().getOut();
    return switch (shown.format) {
      case "json" ->
          new VerifyJson(out, report, !shown.sort.isEmpty(), global.pretty, log.isShown());
      case "csv" -> new VerifyCsv(out, spec.commandLine().getErr(), report, shown.quiet);
      default ->
          new VerifyTable(out, report, shown.quiet, log.isShown(), log.topLines, explanations);
    };
  }

  private List<ObjectArgument> arguments() {
    List<ObjectArgument> arguments = new ArrayList<>();
    for (String text : objects) {
      if (text.startsWith("@")) {
        ListFile.lines(text.substring(1))
            .forEach(line -> arguments.add(ObjectArgument.parse(line)));
      } else {
        arguments.add(ObjectArgument.parse(text));
      }
    }
    return arguments;
  }

  private Judge.Settings settings(Report report, @Nullable KernelEngine kernel) {
    int flags = (testStates ? TEST_STATE_FREQ : 0) | (testInvariants ? TEST_REG_INVARIANTS : 0);
    return new Judge.Settings(
        log.apply(rules()),
        flags,
        GlobalPreset.all(presets),
        target == null ? null : ObjectArgument.parse(target).openProgram(),
        report.filters(),
        kernel,
        bench,
        explanations.keeps(objects.size()),
        log.topLines,
        dumps,
        this::remark);
  }

  private void remark(String text) {
    if (!shown.quiet) {
      Main.error(spec.commandLine().getErr(), text);
    }
  }

  private int judgeAll(List<ObjectArgument> arguments, Judge judge, VerifyOutput output)
      throws IOException {
    boolean streams = shown.format.equals("json") && Terminal.isOutput();
    VerifyProgress progress = new VerifyProgress(!shown.quiet && !streams, arguments.size());
    int status = ExitStatus.OK;
    try (ForkJoinPool workers = new ForkJoinPool(jobs)) {
      List<Future<List<VerdictRow>>> answers = new ArrayList<>();
      for (ObjectArgument argument : arguments) {
        answers.add(workers.submit(() -> judge.object(argument)));
      }
      for (Future<List<VerdictRow>> answer : answers) {
        for (VerdictRow row :
            Waiting.result(answer, () -> progress.show(judge.files(), judge.programs()))) {
          status = ExitStatus.worse(status, row.exitStatus());
          if (row.program().isEmpty()) {
            progress.clear();
            Main.error(spec.commandLine().getErr(), row.message());
          }
          output.row(row);
        }
      }
    }
    progress.clear();
    output.end(judge.summary());
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
}

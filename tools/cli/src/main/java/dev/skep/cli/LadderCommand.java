package dev.skep.cli;

import dev.skep.cli.pcap.CaptureReader;
import dev.skep.cli.stats.Filters;
import dev.skep.engine.TestRun;
import dev.skep.errors.MalformedException;
import dev.skep.errors.SkepException;
import dev.skep.errors.UnsupportedException;
import dev.skep.ladder.Comparison;
import dev.skep.ladder.Finding;
import dev.skep.ladder.Inputs;
import dev.skep.ladder.ObjectLadder;
import dev.skep.ladder.Rung;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skep ladder}: how equal Skep and the running kernel are on the programs of objects. */
@Command(
    name = "ladder",
    description = "Compare Skep with the running kernel, from the verdict to the behaviour.")
final class LadderCommand implements Callable<Integer> {
  /** More packets of a capture than this are not run one by one on three engines. */
  private static final int MAX_INPUTS = 10_000;

  @Mixin GlobalOptions global;
  @Mixin InputOptions input;
  @Spec CommandSpec spec;

  @Parameters(arity = "1..*", paramLabel = "OBJ[:PROG]", description = "Objects to compare.")
  List<String> objects;

  @Option(names = "-f", paramLabel = "PROG", description = "Only these programs ('*', '?', '!').")
  List<String> filters = new ArrayList<>();

  @Option(names = "-o", paramLabel = "FORMAT", description = "table, csv or json.")
  String format = "table";

  @Option(names = "--repeat", paramLabel = "N", description = "Runs per input.")
  int repeat = 1;

  @Option(names = "--inputs", paramLabel = "N", description = "How many inputs to generate.")
  int count = 24;

  @Option(names = "--seed", paramLabel = "S", description = "Which inputs to generate.")
  long seed = 1;

  @Option(names = "--jobs", paramLabel = "N", description = "Objects at once.")
  int jobs = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() throws IOException {
    check();
    LadderOutput output = LadderOutput.of(format, global.pretty, spec.commandLine().getOut());
    List<TestRun> given = givenInputs();
    List<ObjectArgument> arguments = objects.stream().map(ObjectArgument::parse).toList();
    Filters filter = parsed(filters);
    // Says at once, and once, where there is no kernel to compare with.
    ObjectLadder.open().close();
    int status = ExitStatus.OK;
    boolean compared = false;
    boolean missing = false;
    try (ExecutorService workers =
        Executors.newFixedThreadPool(Math.clamp(arguments.size(), 1, jobs))) {
      List<Future<List<Comparison>>> answers = new ArrayList<>();
      for (ObjectArgument argument : arguments) {
        answers.add(workers.submit(() -> climb(argument, filter, given)));
      }
      for (Future<List<Comparison>> answer : answers) {
        for (Comparison comparison : Waiting.result(answer)) {
          output.row(comparison);
          status = ExitStatus.worse(status, status(comparison));
          compared |= comparison.findings().stream().anyMatch(LadderCommand::isCompared);
          missing |= !comparison.isEqual() && !comparison.isDifferent();
        }
      }
    }
    output.end();
    return status == ExitStatus.OK && missing && !compared ? ExitStatus.UNSUPPORTED : status;
  }

  private void check() {
    if (global.anyJson()) {
      format = "json";
    }
    if (jobs < 1) {
      throw new UsageException("--jobs: must be at least 1");
    }
    if (repeat < 1) {
      throw new UsageException("--repeat: must be at least 1");
    }
    if (count < 1 || count > MAX_INPUTS) {
      throw new UsageException("--inputs: must be 1 to " + MAX_INPUTS);
    }
    if (input.pcap != null && input.isSingle()) {
      throw new UsageException("--pcap, or --data-in and --ctx-in, not both");
    }
  }

  private static Filters parsed(List<String> texts) {
    try {
      return Filters.parse(texts);
    } catch (IllegalArgumentException e) {
      throw new UsageException("-f: " + e.getMessage());
    }
  }

  /** The user's inputs; none means that inputs are generated for each program's type. */
  private List<TestRun> givenInputs() throws IOException {
    List<TestRun> inputs = new ArrayList<>();
    if (input.pcap != null) {
      try (CaptureReader capture = CaptureReader.open(input.pcap)) {
        for (byte[] packet = capture.next();
            packet != null && inputs.size() < MAX_INPUTS;
            packet = capture.next()) {
          inputs.add(TestRun.of(packet).withRepeat(repeat));
        }
      }
      if (inputs.isEmpty()) {
        throw new MalformedException(input.pcap + ": no packets");
      }
    } else if (input.isSingle()) {
      byte[] data = input.data();
      byte[] context = input.context();
      inputs.add(new TestRun(data, context, repeat, -1, -1, 0, 0, 0));
    }
    return inputs;
  }

  private List<Comparison> climb(ObjectArgument argument, Filters filter, List<TestRun> given) {
    String name = argument.path().toString();
    List<Comparison> rows = new ArrayList<>();
    BpfObject object;
    try {
      object = argument.open();
    } catch (SkepException unreadable) {
      return List.of(unreadable(name, unreadable));
    }
    boolean named = false;
    try (ObjectLadder ladder = ObjectLadder.open()) {
      for (ObjectProgram program : object.programs()) {
        if (argument.program() != null && !argument.program().equals(program.name())) {
          continue;
        }
        named = true;
        if (filter.wants(String.valueOf(argument.path().getFileName()), program.name())) {
          rows.add(ladder.climb(object, program, inputs(program, given)).withObject(name));
        }
      }
    }
    if (!named && argument.program() != null) {
      String message = name + ": no program \"" + argument.program() + "\"";
      return List.of(unreadable(name, new MalformedException(message)));
    }
    return rows;
  }

  private List<TestRun> inputs(ObjectProgram program, List<TestRun> given) {
    return given.isEmpty()
        ? Inputs.generate(program.type(), seed, count).stream()
            .map(input -> input.withRepeat(repeat))
            .toList()
        : given;
  }

  /** An object that cannot be opened has one row without a program. */
  private Comparison unreadable(String name, SkepException why) {
    String message = String.valueOf(why.getMessage());
    Main.error(spec.commandLine().getErr(), message);
    Finding finding =
        why instanceof UnsupportedException
            ? Finding.unsupported(Rung.VERDICT, message)
            : Finding.notCompared(Rung.VERDICT, message);
    return new Comparison(name, "", "", "", "", List.of(finding));
  }

  private static int status(Comparison comparison) {
    if (comparison.isDifferent()) {
      return ExitStatus.REJECTED;
    }
    boolean unreadable = comparison.program().isEmpty() && comparison.isEqual();
    return unreadable ? ExitStatus.MALFORMED : ExitStatus.OK;
  }

  private static boolean isCompared(Finding finding) {
    return finding.kind() == Finding.Kind.EQUAL || finding.isDifferent();
  }
}

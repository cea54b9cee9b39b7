package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.SkepException;
import dev.skep.linux.KernelProgram;
import dev.skep.object.BpfObject;
import dev.skep.run.VmProgram;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skep bench}: what one run of a program costs, beside the kernel's where asked for. */
@Command(
    name = "bench",
    description = "Measure what one run of a program costs; without an input, on 64 zero bytes.")
final class BenchCommand implements Callable<Integer> {
  private static final long NANOS_PER_ROUND = 20_000_000;
  private static final int MOST_PER_ROUND = 1_000_000;
  private static final long COMPILE_NANOS = 500_000_000;
  private static final int MOST_COMPILATIONS = 200;

  @Mixin GlobalOptions global;
  @Mixin InputOptions input;
  @Spec CommandSpec spec;

  @Parameters(index = "0", paramLabel = "OBJ[:PROG]", description = "The object.")
  String object;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PROG",
      description = "The program; not needed where only one can be meant.")
  @Nullable String program;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "Runs in a round (per packet with --pcap); else about 20 ms of them.")
  @Nullable Integer repeat;

  @Option(names = "--rounds", paramLabel = "N", description = "Measured rounds.")
  int rounds = 15;

  @Option(names = "--engine", paramLabel = "E", description = "interp, jit, jit-kernel or linux.")
  String engine = "jit";

  @Option(
      names = "--against-linux",
      description = "Measure the kernel's test_run too, round by round.")
  boolean againstLinux;

  @Option(names = "-o", paramLabel = "FORMAT", description = "text or json.")
  String format = "text";

  @Override
  public Integer call() throws IOException {
    check();
    ObjectArgument argument = ObjectArgument.parse(object);
    if (program != null && argument.program() != null) {
      throw new UsageException("the program is named twice");
    }
    String wanted = program == null ? argument.program() : program;
    BpfObject opened = argument.open();
    String name = EntryProgram.choose(opened, wanted);
    try (Engines engines = new Engines(Engines.DEFAULT_CPUS);
        LoadedObject loaded = EntryProgram.load(engines.named(engine), opened, name)) {
      BenchInput input = input(loaded.program(name));
      Compiled compiled = compiled(engines.named(engine), loaded, loaded.program(name));
      print(measure(argument, engines, loaded.program(name), input, compiled));
    }
    return ExitStatus.OK;
  }

  private void check() {
    if (input.pcap != null && input.isSingle()) {
      throw new UsageException("give one input: --pcap FILE, or --data-in and --ctx-in");
    }
    if (repeat != null && repeat < 1) {
      throw new UsageException("--repeat: must be at least 1");
    }
    if (rounds < 1 || rounds > 1_000_000) {
      throw new UsageException("--rounds: must be 1 to 1000000");
    }
    if (global.anyJson()) {
      format = "json";
    }
    if (!format.equals("text") && !format.equals("json")) {
      throw new UsageException("-o: unknown format \"" + format + "\"");
    }
  }

  private BenchInput input(LoadedProgram target) {
    if (input.pcap != null) {
      return BenchInput.of(input.pcap, target);
    }
    return BenchInput.of(input.data(), input.context()).orDefault(target);
  }

  private BenchReport measure(
      ObjectArgument argument,
      Engines engines,
      LoadedProgram target,
      BenchInput input,
      Compiled compiled) {
    try (BenchWork work = input.work(target, target instanceof KernelProgram);
        Beside beside = againstLinux ? beside(argument, engines, target, input) : null) {
      int most = Math.max(1, MOST_PER_ROUND / work.runsPerUnit());
      int times = repeat != null ? repeat : Rounds.times(work, NANOS_PER_ROUND, most);
      List<Rounds.Part> parts = new ArrayList<>();
      parts.add(new Rounds.Part(work, times));
      if (beside != null) {
        // A unit of a capture is long enough in the kernel; else both do the same.
        parts.add(new Rounds.Part(beside.work, this.input.pcap != null ? 1 : times));
      }
      parts.forEach(part -> Rounds.warmUp(part.work(), part.times()));
      List<Rounds.Result> results = Rounds.interleaved(rounds, parts);
      int runs = work.runsPerUnit();
      return new BenchReport(
          argument.path().toString(),
          target.program().name(),
          target.program().type(),
          engine,
          input.text(),
          rounds,
          (long) times * rounds * runs,
          results.getFirst().per(runs),
          beside == null ? null : results.getLast().per(beside.work.runsPerUnit()),
          compiled.nanos,
          compiled.bytes);
    }
  }

  /** The program in the kernel. */
  private record Beside(LoadedObject loaded, BenchWork work) implements AutoCloseable {
    @Override
    public void close() {
      work.close();
      loaded.close();
    }
  }

  /** Null, with a note, where the kernel cannot be asked or refuses the program. */
  private @Nullable Beside beside(
      ObjectArgument argument, Engines engines, LoadedProgram target, BenchInput input) {
    try {
      String name = target.program().name();
      LoadedObject loaded = EntryProgram.load(engines.named("linux"), argument.open(), name);
      try {
        return new Beside(loaded, input.work(loaded.program(name), true));
      } catch (SkepException refused) {
        loaded.close();
        throw refused;
      }
    } catch (SkepException refused) {
      Main.error(spec.commandLine().getErr(), "not beside linux: " + refused.getMessage());
      return null;
    }
  }

  /**
   * What compiling it costs, and gives.
   *
   * @param nanos the shortest of many; 0 where there is no compiler of ours
   */
  private record Compiled(long nanos, int bytes) {}

  private static Compiled compiled(Engine engine, LoadedObject loaded, LoadedProgram target) {
    return switch (target) {
      case KernelProgram linux -> new Compiled(0, linux.info().jited().length);
      case VmProgram first when first.codeBytes() > 0 ->
          new Compiled(shortest(engine, loaded, first), first.codeBytes());
      default -> new Compiled(0, 0);
    };
  }

  /** Loads the program again and again, until the JVM has compiled the compiler. */
  private static long shortest(Engine engine, LoadedObject loaded, VmProgram first) {
    List<BpfMap> maps = first.program().maps().stream().map(map -> loaded.map(map.name())).toList();
    long best = first.compileNanos();
    long start = System.nanoTime();
    for (int i = 0; i < MOST_COMPILATIONS && System.nanoTime() - start < COMPILE_NANOS; i++) {
      try (LoadedProgram again = engine.load(first.program(), maps)) {
        best = Math.min(best, again instanceof VmProgram vm ? vm.compileNanos() : best);
      }
    }
    return best;
  }

  private void print(BenchReport report) throws IOException {
    if (format.equals("text")) {
      report.print(spec.commandLine().getOut());
      return;
    }
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      if (global.pretty) {
        json.useDefaultPrettyPrinter();
      }
      report.write(json);
    }
    spec.commandLine().getOut().println(text);
  }
}

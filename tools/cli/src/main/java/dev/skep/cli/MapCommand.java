package dev.skep.cli;

import dev.skep.cli.pcap.CaptureReader;
import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.errors.UnsupportedException;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import dev.skep.object.ObjectProgram;
import java.io.IOException;
import java.io.PrintWriter;
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

/**
 * {@code skep map dump OBJ[:PROG] [PROG] MAP}: what is in a map after a run, as bpftool shows it.
 */
@Command(name = "map", description = "Inspect maps.", subcommands = MapCommand.Dump.class)
final class MapCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UsageException("map: say 'dump OBJ[:PROG] [PROG] MAP'");
  }

  /** The dump. */
  @Command(
      name = "dump",
      description =
          "Print a map's elements, as loaded or after a run over the input that is given.")
  static final class Dump implements Callable<Integer> {
    @Mixin GlobalOptions global;
    @Mixin InputOptions input;
    @Mixin SlotOptions slots;
    @Spec CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "OBJ[:PROG] [PROG] MAP")
    List<String> words = List.of();

    @Option(names = "--repeat", paramLabel = "N", description = "Runs per input.")
    int repeat = 1;

    @Option(names = "--cpus", paramLabel = "N", description = "CPUs of the runtime, and threads.")
    @Nullable Integer cpus;

    @Option(names = "--engine", paramLabel = "E", description = "interp, jit, jit-kernel or linux.")
    String engine = "jit";

    @Option(names = "-o", paramLabel = "FORMAT", description = "text, table or json.")
    String format = "text";

    @Override
    public Integer call() throws IOException {
      check();
      List<String> rest = new ArrayList<>(words);
      ObjectArgument argument = ObjectArgument.parse(rest.removeFirst());
      String map = rest.removeLast();
      if (!rest.isEmpty() && argument.program() != null) {
        throw new UsageException("the program is named twice");
      }
      BpfObject opened = argument.open();
      checkName(opened, map);
      int cpuCount = cpus == null ? Engines.DEFAULT_CPUS : cpus;
      try (Engines engines = new Engines(cpuCount);
          LoadedObject loaded =
              load(
                  engines.named(engine),
                  opened,
                  rest.isEmpty() ? argument.program() : rest.getFirst())) {
        if (!loaded.maps().containsKey(map)) {
          throw new UnsupportedException("map \"" + map + "\" on engine " + engine + " here");
        }
        print(map, loaded.map(map));
      }
      return ExitStatus.OK;
    }

    private boolean runs() {
      return input.pcap != null || input.isSingle();
    }

    private void check() {
      if (words.size() < 2 || words.size() > 3) {
        throw new UsageException("map dump: say 'OBJ[:PROG] [PROG] MAP'");
      }
      if (input.pcap != null && input.isSingle()) {
        throw new UsageException("give one input: --pcap FILE or --data-in FILE|hex:..");
      }
      if (repeat < 1) {
        throw new UsageException("--repeat: must be at least 1");
      }
      if (cpus != null && (cpus < 1 || cpus > Engines.MAX_CPUS)) {
        throw new UsageException("--cpus: must be 1 to " + Engines.MAX_CPUS);
      }
      if (!List.of("text", "table", "json").contains(format)) {
        throw new UsageException("-o: unknown format \"" + format + "\"");
      }
    }

    /**
     * Loads the program with what it jumps to, and runs it; without an input only the maps, and the
     * programs that lie in them.
     */
    private LoadedObject load(Engine target, BpfObject object, @Nullable String wanted)
        throws IOException {
      if (!runs()) {
        for (ObjectProgram each : object.programs()) {
          object.autoload(each.name(), isSlot(object, each.name()));
        }
        return target.load(object);
      }
      List<String> members = slots.programs(object);
      String name = EntryProgram.choose(object, wanted, members);
      LoadedObject loaded = EntryProgram.load(target, object, name, members);
      try {
        slots.apply(loaded);
        run(loaded.program(name));
        return loaded;
      } catch (IOException | RuntimeException failed) {
        loaded.close();
        throw failed;
      }
    }

    private static boolean isSlot(BpfObject object, String program) {
      return object.maps().stream().anyMatch(map -> map.spec().slots().contains(program));
    }

    private void run(LoadedProgram program) throws IOException {
      if (input.pcap == null) {
        program.testRun(new TestRun(input.data(), input.context(), repeat, -1, -1, 0, 0, 0));
        return;
      }
      try (CaptureReader capture = CaptureReader.open(input.pcap)) {
        int threads = cpus == null ? 1 : cpus;
        new PacketStream(capture, program, threads, new Progress(false, 0)).run(repeat);
      }
    }

    private static void checkName(BpfObject object, String name) {
      List<String> names = object.maps().stream().map(ObjectMap::name).toList();
      if (!names.contains(name)) {
        throw new UsageException(
            object.name() + ": no map \"" + name + "\"; it has " + String.join(", ", names));
      }
    }

    private void print(String name, BpfMap map) {
      PrintWriter out = spec.commandLine().getOut();
      MapDump dump = new MapDump(name, map);
      if (global.anyJson() || format.equals("json")) {
        out.print(dump.json(global.pretty));
      } else if (format.equals("table")) {
        dump.table().forEach(out::println);
      } else {
        out.print(dump.text());
      }
    }
  }
}

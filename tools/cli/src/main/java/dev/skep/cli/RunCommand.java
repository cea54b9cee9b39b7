package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.cli.pcap.CaptureReader;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.Errno;
import dev.skep.object.BpfObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skep run}: runs a program over a capture, or over one input as BPF_PROG_TEST_RUN does. */
@Command(name = "run", description = "Run a program over packets of a capture, or over one input.")
final class RunCommand implements Callable<Integer> {
  @Mixin GlobalOptions global;
  @Mixin InputOptions input;
  @Mixin SlotOptions slots;
  @Spec CommandSpec spec;

  @Parameters(index = "0", paramLabel = "OBJ[:PROG]", description = "The object.")
  String object;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PROG",
      description = "The program; not needed where only one can be meant.")
  @Nullable String program;

  @Option(names = "--data-out", paramLabel = "FILE", description = "Where the packet goes after.")
  @Nullable Path dataOut;

  @Option(names = "--ctx-out", paramLabel = "FILE", description = "Where the context goes after.")
  @Nullable Path contextOut;

  @Option(names = "--repeat", paramLabel = "N", description = "Runs per input.")
  int repeat = 1;

  @Option(names = "--cpus", paramLabel = "N", description = "CPUs of the runtime, and threads.")
  @Nullable Integer cpus;

  @Option(names = "--engine", paramLabel = "E", description = "interp, jit, jit-kernel or linux.")
  String engine = "jit";

  @Option(names = "-o", paramLabel = "FORMAT", description = "text or json.")
  String format = "text";

  @Override
  public Integer call() throws IOException {
    check();
    ObjectArgument argument = ObjectArgument.parse(object);
    if (program != null && argument.program() != null) {
      throw new UsageException("the program is named twice");
    }
    BpfObject opened = argument.open();
    List<String> members = slots.programs(opened);
    String name =
        EntryProgram.choose(opened, program == null ? argument.program() : program, members);
    int cpuCount = cpus == null ? Engines.DEFAULT_CPUS : cpus;
    try (Engines engines = new Engines(cpuCount);
        LoadedObject loaded = EntryProgram.load(engines.named(engine), opened, name, members)) {
      slots.apply(loaded);
      LoadedProgram target = loaded.program(name);
      return input.pcap != null ? runCapture(loaded, target, input.pcap) : runOnce(loaded, target);
    }
  }

  private void check() {
    if ((input.pcap == null) == (input.dataIn == null)
        && (input.pcap != null || input.contextIn == null)) {
      throw new UsageException("give one input: --pcap FILE or --data-in FILE|hex:..");
    }
    if (repeat < 1) {
      throw new UsageException("--repeat: must be at least 1");
    }
    if (cpus != null && (cpus < 1 || cpus > Engines.MAX_CPUS)) {
      throw new UsageException("--cpus: must be 1 to " + Engines.MAX_CPUS);
    }
    if (input.pcap != null && (dataOut != null || input.contextIn != null || contextOut != null)) {
      throw new UsageException("--data-out, --ctx-in and --ctx-out go with --data-in");
    }
    if (global.anyJson()) {
      format = "json";
    }
    if (!format.equals("text") && !format.equals("json")) {
      throw new UsageException("-o: unknown format \"" + format + "\"");
    }
  }

  private int runCapture(LoadedObject loaded, LoadedProgram target, Path file) throws IOException {
    long start = System.nanoTime();
    long size = Files.isRegularFile(file) ? Files.size(file) : 0;
    try (CaptureReader capture = CaptureReader.open(file)) {
      PacketStream stream =
          new PacketStream(capture, target, cpus == null ? 1 : cpus, new Progress(true, size));
      stream.run(repeat);
      long wall = System.nanoTime() - start;
      if (format.equals("json")) {
        captureJson(loaded, target, stream, wall);
      } else {
        captureText(loaded, target, stream, wall);
      }
    }
    return ExitStatus.OK;
  }

  private void captureText(
      LoadedObject loaded, LoadedProgram target, PacketStream stream, long wall) {
    PrintWriter out = spec.commandLine().getOut();
    long runs = stream.packets() * repeat;
    out.printf(
        Locale.ROOT,
        "%s: %s (%s), engine %s%n",
        object,
        target.program().name(),
        target.program().type().text(),
        engine);
    out.printf(
        Locale.ROOT,
        "%,d packets, %,d bytes in %s: %,.0f packets/s, %.1f ns per packet in the program%n%n",
        stream.packets(),
        stream.bytes(),
        duration(wall),
        runs * 1e9 / Math.max(1, wall),
        (double) stream.nanos() / Math.max(1, runs));
    TextTable table = new TextTable("  ", List.of("return value", "packets", "share"));
    for (Map.Entry<Integer, Long> retval : stream.retvals().entrySet()) {
      String name = ReturnNames.of(target.program().type(), retval.getKey());
      String value = Integer.toUnsignedString(retval.getKey());
      table.row(
          List.of(
              name.isEmpty() ? value : value + " " + name,
              String.format(Locale.ROOT, "%,d", retval.getValue()),
              String.format(Locale.ROOT, "%.1f %%", 100.0 * retval.getValue() / stream.packets())));
    }
    for (Map.Entry<Integer, Long> refused : stream.refused().entrySet()) {
      table.row(
          List.of(
              "not run: " + Errno.name(refused.getKey()),
              String.format(Locale.ROOT, "%,d", refused.getValue()),
              String.format(
                  Locale.ROOT, "%.1f %%", 100.0 * refused.getValue() / stream.packets())));
    }
    table.lines().forEach(out::println);
    MapView.of(loaded).forEach(map -> map.print(out));
  }

  private static String duration(long nanos) {
    return nanos < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f ms", nanos / 1e6)
        : String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private void json(LoadedObject loaded, LoadedProgram target, Body body) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      if (global.pretty) {
        json.useDefaultPrettyPrinter();
      }
      json.writeStartObject();
      json.writeStringField("object", object);
      json.writeStringField("program", target.program().name());
      json.writeStringField("prog_type", target.program().type().text());
      json.writeStringField("engine", engine);
      body.write(json);
      json.writeArrayFieldStart("maps");
      for (MapView map : MapView.of(loaded)) {
        map.write(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    spec.commandLine().getOut().println(text);
  }

  private void captureJson(
      LoadedObject loaded, LoadedProgram target, PacketStream stream, long wall)
      throws IOException {
    json(
        loaded,
        target,
        json -> {
          json.writeNumberField("packets", stream.packets());
          json.writeNumberField("bytes", stream.bytes());
          json.writeNumberField("wall_ns", wall);
          json.writeNumberField(
              "ns_per_packet",
              (double) stream.nanos() / Math.max(1, stream.packets() * (long) repeat));
          json.writeObjectFieldStart("retvals");
          for (Map.Entry<Integer, Long> retval : stream.retvals().entrySet()) {
            json.writeNumberField(Integer.toUnsignedString(retval.getKey()), retval.getValue());
          }
          json.writeEndObject();
          json.writeObjectFieldStart("refused");
          for (Map.Entry<Integer, Long> refused : stream.refused().entrySet()) {
            json.writeNumberField(Errno.name(refused.getKey()), refused.getValue());
          }
          json.writeEndObject();
        });
  }

  private int runOnce(LoadedObject loaded, LoadedProgram target) throws IOException {
    byte[] data = input.data();
    byte[] context = input.context();
    TestRunResult result = target.testRun(new TestRun(data, context, repeat, -1, -1, 0, 0, 0));
    if (dataOut != null) {
      Files.write(dataOut, result.data() == null ? new byte[0] : result.data());
    }
    if (contextOut != null) {
      Files.write(contextOut, result.context() == null ? new byte[0] : result.context());
    }
    if (format.equals("json")) {
      json(loaded, target, json -> onceFields(json, result, context != null));
    } else {
      onceText(loaded, target, result);
    }
    return result.errno() == 0 ? ExitStatus.OK : ExitStatus.REJECTED;
  }

  private static void onceFields(JsonGenerator json, TestRunResult result, boolean withContext)
      throws IOException {
    json.writeNumberField("retval", Integer.toUnsignedLong(result.retval()));
    if (result.data() != null) {
      json.writeStringField("data_out", Hex.of(result.data()));
      json.writeNumberField("data_size_out", result.dataSize());
    }
    if (withContext && result.context() != null) {
      json.writeStringField("ctx_out", Hex.of(result.context()));
    }
    if (result.errno() != 0) {
      json.writeNumberField("errno", result.errno());
    }
    json.writeNumberField("duration_ns", result.durationNanos());
  }

  private void onceText(LoadedObject loaded, LoadedProgram target, TestRunResult result) {
    PrintWriter out = spec.commandLine().getOut();
    String name = ReturnNames.of(target.program().type(), result.retval());
    out.printf(
        Locale.ROOT,
        "Return value: %s%s, duration (average): %d ns%n",
        Integer.toUnsignedString(result.retval()),
        name.isEmpty() ? "" : " " + name,
        result.durationNanos());
    if (result.errno() != 0) {
      out.println("Output cut: " + Errno.name(result.errno()));
    }
    if (result.data() != null && dataOut == null) {
      out.println("Data: " + Hex.of(result.data()));
    }
    MapView.of(loaded).forEach(map -> map.print(out));
  }
}

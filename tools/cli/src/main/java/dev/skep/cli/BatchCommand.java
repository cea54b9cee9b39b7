package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.MalformedException;
import dev.skep.errors.RejectedException;
import dev.skep.errors.SkepException;
import dev.skep.errors.UnsupportedException;
import dev.skep.ladder.Sample;
import dev.skep.ladder.SampleMaps;
import dev.skep.program.Program;
import dev.skep.rewrite.Rewriter;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code skep batch}: JSON lines in, JSON lines out, one answer per request, in order. */
@Command(
    name = "batch",
    description = "Answer JSON requests, one a line: verify, run, xlated, jited.")
final class BatchCommand implements Callable<Integer> {
  @Mixin GlobalOptions global;
  @Spec CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (Engines engines = new Engines(Engines.DEFAULT_CPUS)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          out.println(answer(line, engines));
          if (!lines.ready()) {
            out.flush();
          }
        }
      }
    }
    return ExitStatus.OK;
  }

  /** The answer to one line; never throws for anything in it. */
  static String answer(String line, Engines engines) {
    @Nullable Object id = null;
    try {
      Map<String, @Nullable Object> fields = Json.object(line);
      id = fields.get("id");
      return answer(new BatchRequest(fields), id, engines);
    } catch (SkepException | UsageException e) {
      return error(id, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  private static String object(@Nullable Object id, Body body) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      json.writeStartObject();
      writeId(json, id);
      body.write(json);
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void writeId(JsonGenerator json, @Nullable Object id) throws IOException {
    switch (id) {
      case Long number -> json.writeNumberField("id", number);
      case String name -> json.writeStringField("id", name);
      case null, default -> json.writeNullField("id");
    }
  }

  private static String error(@Nullable Object id, String message) {
    try {
      return object(id, json -> json.writeStringField("error", message));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String answer(BatchRequest request, @Nullable Object id, Engines engines)
      throws IOException {
    return switch (request.op()) {
      case "verify" -> verify(request, id);
      case "run" -> run(request, id, engines);
      case "xlated" -> xlated(request, id);
      case "jited" -> jited(request, id);
      default -> throw new MalformedException("op: unknown operation \"" + request.op() + "\"");
    };
  }

  private static VerifierOptions options(BatchRequest request) {
    return Engines.verifier()
        .withDialect(request.kernel())
        .withLog(request.logLevel(), request.logSize());
  }

  private static String verify(BatchRequest request, @Nullable Object id) throws IOException {
    Program program = request.program();
    VerdictRow row = Judge.program("batch", program, options(request));
    return object(id, json -> row.writeFields(json, request.logLevel() != 0));
  }

  /** The verdict's fields where it is not accepted, else null. */
  private static @Nullable VerdictRow refused(Program program, Verdict verdict) {
    return verdict instanceof Verdict.Accepted
        ? null
        : VerdictRow.of("batch", program, verdict, -1, -1);
  }

  private static String xlated(BatchRequest request, @Nullable Object id) throws IOException {
    Program program = request.program();
    Verdict verdict = Verifier.verify(program, options(request));
    VerdictRow refused = refused(program, verdict);
    if (refused != null) {
      return object(id, json -> refused.writeFields(json, request.logLevel() != 0));
    }
    Verdict.Accepted accepted = (Verdict.Accepted) verdict;
    try {
      long[] insns = KernelImage.xlated(accepted.program(), request.target());
      return object(id, json -> json.writeStringField("insns", Hex.ofWords(insns)));
    } catch (RejectedException e) {
      return notRewritten(request, id, accepted, e);
    }
  }

  private static String jited(BatchRequest request, @Nullable Object id) throws IOException {
    Program program = request.program();
    Verdict verdict = Verifier.verify(program, options(request));
    VerdictRow refused = refused(program, verdict);
    if (refused != null) {
      return object(id, json -> refused.writeFields(json, request.logLevel() != 0));
    }
    Verdict.Accepted accepted = (Verdict.Accepted) verdict;
    CodeTarget target = request.target();
    try {
      byte[] code = KernelImage.of(accepted.program(), target);
      return object(
          id,
          json -> {
            json.writeStringField("code", Hex.of(code));
            json.writeStringField("arch", target.machine().text());
          });
    } catch (RejectedException e) {
      return notRewritten(request, id, accepted, e);
    }
  }

  /** What the verifier accepted can still be refused by the rewrites: 1025 direct tail calls. */
  private static String notRewritten(
      BatchRequest request, @Nullable Object id, Verdict.Accepted accepted, RejectedException e)
      throws IOException {
    VerdictRow row =
        VerdictRow.of("batch", accepted.program().program(), Rewriter.verdict(accepted, e), -1, -1);
    return object(id, json -> row.writeFields(json, request.logLevel() != 0));
  }

  private static String run(BatchRequest request, @Nullable Object id, Engines engines)
      throws IOException {
    Sample sample = request.sample();
    Engine engine = engines.named(request.engine());
    try (SampleMaps maps = new SampleMaps(engine, sample);
        LoadedProgram loaded = engine.load(sample.program(), maps.maps())) {
      return ran(request, id, loaded, maps.maps());
    } catch (RejectedException e) {
      return object(
          id,
          json -> {
            json.writeStringField("verdict", "rejected");
            json.writeNumberField("errno", e.errno());
            json.writeStringField("message", String.valueOf(e.getMessage()));
          });
    } catch (UnsupportedException e) {
      return object(
          id,
          json -> {
            json.writeStringField("verdict", "unsupported");
            json.writeStringField("message", String.valueOf(e.getMessage()));
          });
    } catch (BpfErrnoException e) {
      return object(
          id,
          json -> {
            json.writeNumberField("errno", e.errno());
            json.writeStringField("error", String.valueOf(e.getMessage()));
          });
    }
  }

  private static String ran(
      BatchRequest request, @Nullable Object id, LoadedProgram loaded, List<BpfMap> maps)
      throws IOException {
    List<BatchRequest> inputs = request.inputs();
    List<TestRunResult> results = new ArrayList<>();
    for (BatchRequest input : inputs) {
      results.add(
          loaded.testRun(
              new TestRun(
                  input.bytes("data_in"),
                  input.bytes("ctx_in"),
                  request.repeat(),
                  -1,
                  -1,
                  0,
                  0,
                  0)));
    }
    return object(
        id,
        json -> {
          if (request.hasInputs()) {
            json.writeArrayFieldStart("results");
            for (int i = 0; i < results.size(); i++) {
              json.writeStartObject();
              writeResult(json, inputs.get(i), results.get(i));
              json.writeEndObject();
            }
            json.writeEndArray();
          } else {
            writeResult(json, request, results.getFirst());
          }
          if (request.flag("dump_maps")) {
            MapContents.write(json, maps);
          }
        });
  }

  private static void writeResult(JsonGenerator json, BatchRequest input, TestRunResult result)
      throws IOException {
    json.writeNumberField("retval", Integer.toUnsignedLong(result.retval()));
    if (result.data() != null) {
      json.writeStringField("data_out", Hex.of(result.data()));
    }
    if (input.bytes("ctx_in") != null && result.context() != null) {
      json.writeStringField("ctx_out", Hex.of(result.context()));
    }
    if (result.errno() != 0) {
      json.writeNumberField("errno", result.errno());
    }
    json.writeNumberField("duration_ns", result.durationNanos());
  }
}

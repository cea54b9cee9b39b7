package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.errors.MalformedException;
import dev.skep.explain.Explanation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skep explain}: why a program was rejected, from the log of any kernel. */
@Command(
    name = "explain",
    description = "Explain a rejection from the verifier's log, as a kernel or loader printed it.")
final class ExplainCommand implements Callable<Integer> {
  @Mixin GlobalOptions global;
  @Mixin Colors colors;
  @Spec CommandSpec spec;

  @Parameters(
      paramLabel = "LOG",
      arity = "0..1",
      defaultValue = "-",
      description = "File with the log; - is standard input.")
  String log;

  @Override
  public Integer call() throws IOException {
    Explanation explanation = Explanation.ofLog(text());
    if (explanation == null) {
      throw new MalformedException(log + ": no rejection in this log");
    }
    PrintWriter out = spec.commandLine().getOut();
    if (global.anyJson()) {
      StringWriter text = new StringWriter();
      try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
        if (global.pretty) {
          json.useDefaultPrettyPrinter();
        }
        json.writeStartObject();
        ExplanationJson.writeField(json, explanation);
        json.writeEndObject();
      }
      out.println(text);
    } else {
      ExplanationText.lines(log, explanation, colors.wanted()).forEach(out::println);
    }
    return ExitStatus.OK;
  }

  private String text() throws IOException {
    byte[] bytes = log.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(log));
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

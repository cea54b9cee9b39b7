package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.explain.Explanation;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Program;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Explanations of the programs of explain/rejected.bpf.c, as people and as tools read them. With
 * -Dskep.write=DIRECTORY the texts are written there instead of compared.
 */
class ExplanationTextTest {
  private static final VerifierOptions OPTIONS = VerifierOptions.standard();
  private static final int MOST_LINES = 40;

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(
        Objects.requireNonNull(ExplanationTextTest.class.getResource("/explain/" + name)).toURI());
  }

  private static List<Program> programs() throws URISyntaxException {
    BpfObject object = BpfObject.open(resource("rejected.bpf.o"));
    return object.programs().stream().map((ObjectProgram p) -> object.toProgram(p)).toList();
  }

  private static Explanation explain(Program program) {
    return Objects.requireNonNull(Explanation.of(program, OPTIONS), program.name());
  }

  private static void golden(String name, String text) throws IOException, URISyntaxException {
    String directory = System.getProperty("skep.write");
    if (directory == null) {
      assertThat(text).isEqualTo(Files.readString(resource(name), StandardCharsets.UTF_8));
    } else {
      Files.writeString(Path.of(directory).resolve(name), text);
    }
  }

  @Test
  void textsAreTheGoldenOnes() throws IOException, URISyntaxException {
    List<String> all = new ArrayList<>();
    for (Program program : programs()) {
      List<String> lines =
          ExplanationText.lines("rejected.bpf.o:" + program.name(), explain(program), false);
      assertThat(lines).as(program.name()).hasSizeLessThanOrEqualTo(MOST_LINES);
      all.addAll(lines);
      all.add("");
    }
    golden("rejected.txt", String.join("\n", all));
  }

  @Test
  void jsonHasTheDocumentedFields() throws IOException, URISyntaxException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      ExplanationJson.writeField(json, explain(programs().getFirst()));
      json.writeEndObject();
    }
    golden("rejected.json", text + "\n");
  }

  @Test
  void coloursChangeNothingElse() throws URISyntaxException {
    for (Program program : programs()) {
      Explanation explanation = explain(program);
      List<String> plain = ExplanationText.lines("x", explanation, false);
      List<String> coloured = ExplanationText.lines("x", explanation, true);
      assertThat(coloured).isNotEqualTo(plain);
      assertThat(coloured.stream().map(line -> line.replaceAll("\u001b\\[[0-9;]*m", "")).toList())
          .isEqualTo(plain);
    }
  }

  @Test
  void logsAreExplained(@TempDir Path directory) throws IOException {
    Path log = directory.resolve("log");
    Files.writeString(log, "0: (79) r0 = *(u64 *)(r7 +0)\nR7 !read_ok\nprocessed 1 insns\n");
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err), "explain", log.toString());
    assertThat(status).isEqualTo(ExitStatus.OK);
    assertThat(out.toString())
        .contains("error[not-initialized]: r7 is read before it has a value")
        .contains("insn 0: (79) r0 = *(u64 *)(r7 +0)");

    Files.writeString(log, "processed 1 insns\n");
    status = Main.run(new PrintWriter(out), new PrintWriter(err, true), "explain", log.toString());
    assertThat(status).isEqualTo(ExitStatus.MALFORMED);
    assertThat(err.toString()).endsWith(": no rejection in this log\n");
  }

  @Test
  void colourIsWantedWhereItHelps() {
    assertThat(Colors.wanted(Colors.When.auto, null, true)).isTrue();
    assertThat(Colors.wanted(Colors.When.auto, "", true)).isTrue();
    assertThat(Colors.wanted(Colors.When.auto, "1", true)).isFalse();
    assertThat(Colors.wanted(Colors.When.auto, null, false)).isFalse();
    assertThat(Colors.wanted(Colors.When.always, "1", false)).isTrue();
    assertThat(Colors.wanted(Colors.When.never, null, true)).isFalse();
  }
}

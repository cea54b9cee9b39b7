package dev.skep.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.linux.KernelEngine;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of docs/linux.md, compiled and run as they stand there. */
final class DocumentedExamplesTest {
  private static final Path ROOT = root();
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir Path directory;

  private static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
  }

  private static List<String> programs() throws IOException {
    String text = Files.readString(ROOT.resolve("docs/linux.md"));
    return BLOCK
        .matcher(text)
        .results()
        .map((MatchResult match) -> match.group(1))
        .filter(code -> code.contains("void main("))
        .toList();
  }

  /** What the tests themselves run with. */
  static String classPath() {
    return String.join(
        File.pathSeparator,
        Stream.of("java.class.path", "jdk.module.path", "surefire.test.class.path")
            .map(property -> System.getProperty(property, ""))
            .filter(path -> !path.isEmpty())
            .toList());
  }

  private String run(String code) throws Exception {
    Path source = Files.writeString(directory.resolve("Example.java"), code);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", classPath(), source.toString()));
    command.add(ROOT.resolve("examples/events.bpf.o").toString());
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(60, TimeUnit.SECONDS);
    process.destroyForcibly();
    assertThat(ended).isTrue();
    return Files.readString(output, StandardCharsets.UTF_8);
  }

  @Test
  void readersOfRingAndPerfBuffers() throws Exception {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    List<String> programs = programs();
    assertThat(programs).hasSize(2);
    for (String program : programs) {
      assertThat(program.lines().filter(line -> !line.startsWith("import"))).hasSizeLessThan(16);
      assertThat(run(program).lines())
          .as(program)
          .containsExactly("interface 1, 60 bytes", "interface 1, 60 bytes");
    }
  }
}

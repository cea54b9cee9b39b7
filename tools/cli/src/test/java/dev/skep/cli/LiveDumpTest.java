package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.natives.CpuFeatures;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code prog dump jited --live}, whose code shows the state of the slots. */
final class LiveDumpTest {
  @TempDir Path directory;

  private record Outcome(int status, String out, String err) {}

  @BeforeEach
  void needsX64() {
    Assumptions.assumeTrue(CpuFeatures.host().x64(), "code runs on x86-64 only");
  }

  private String object() throws IOException {
    Path file = directory.resolve("tailcalls.bpf.o");
    try (InputStream in = LiveDumpTest.class.getResourceAsStream("/objects/tailcalls.bpf.o")) {
      Files.write(file, Objects.requireNonNull(in).readAllBytes());
    }
    return file.toString();
  }

  private static Outcome skep(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments);
    return new Outcome(status, out.toString(), err.toString());
  }

  private List<String> sites(String... options) throws IOException {
    String[] arguments = new String[5 + options.length];
    System.arraycopy(
        new String[] {"prog", "dump", "jited", object(), "direct"}, 0, arguments, 0, 5);
    System.arraycopy(options, 0, arguments, 5, options.length);
    Outcome dump = skep(arguments);
    assertThat(dump.err()).isEmpty();
    return dump.out()
        .lines()
        .filter(line -> line.contains("of tail call"))
        .map(line -> line.substring(line.indexOf('\t') + 1).replaceAll("\\s+", " "))
        .toList();
  }

  @Test
  void sitesOfTheKernelsLayoutFollowTheirSlot() throws IOException {
    List<String> empty =
        List.of(
            "jmp 0x46 # bypass of tail call, map slots key 1, empty",
            "nopl 0x0(%rax,%rax,1) # target of tail call, map slots key 1, empty");
    assertThat(sites()).isEqualTo(empty);
    assertThat(sites("--live")).isEqualTo(empty);
    List<String> filled = sites("--prog-array", "slots:1=leaf");
    assertThat(filled).hasSize(2);
    assertThat(filled.getFirst())
        .isEqualTo("nopl 0x0(%rax,%rax,1) # bypass of tail call, map slots key 1, filled by leaf");
    assertThat(filled.getLast())
        .matches("jmp 0x[0-9a-f]+ # target of tail call, map slots key 1, filled by leaf");
    assertThat(sites("--prog-array", "slots:1=leaf", "--prog-array", "slots:1=")).isEqualTo(empty);
    assertThat(sites("--prog-array", "slots:0=leaf")).isEqualTo(empty);
  }

  @Test
  void theJumpOfTheUserspaceLayoutFollowsItsSlot() throws IOException {
    List<String> empty = sites("--layout", "user");
    assertThat(empty).hasSize(1);
    assertThat(empty.getFirst()).endsWith(" # jump of tail call, map slots key 1, empty");
    assertThat(sites("--layout", "user", "--live")).isEqualTo(empty);
    assertThat(sites("--layout", "user", "--prog-array", "slots:1=leaf").getFirst())
        .startsWith("jmp 0x")
        .endsWith(" # jump of tail call, map slots key 1, filled by leaf");
  }

  @Test
  void jsonHasTheState() throws IOException {
    Outcome dump =
        skep("prog", "dump", "jited", object(), "direct", "-j", "--prog-array", "slots:1=leaf");
    assertThat(dump.out())
        .contains(
            "\"tail_call\":{\"part\":\"bypass\",\"map\":\"slots\",\"key\":1,\"state\":\"filled\","
                + "\"program\":\"leaf\"}");
  }
}

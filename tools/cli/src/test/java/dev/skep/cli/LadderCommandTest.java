package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.json.Json;
import dev.skep.linux.KernelEngine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code skep ladder} and {@code skep verify --against-linux} beside the running kernel. */
class LadderCommandTest {
  private static final Path ROOT = root();
  private static final String EQUAL = ROOT.resolve("bench/objects/dispatch-map.bpf.o").toString();

  /** Uses per-CPU variables, which Linux 6.18 refuses and Skep accepts. */
  private static final String DIFFERENT = ROOT.resolve("examples/dispatch.bpf.o").toString();

  /** A program that Linux accepts and Skep rejects: PARITY.md, 7. */
  private static final String BEYOND =
      ROOT.resolve("tools/cli/src/test/resources/objects/negative.bpf.o").toString();

  private record Outcome(int status, String out, String err) {}

  @TempDir Path directory;

  @BeforeEach
  void needsBpf() {
    KernelEngine.Availability available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  private static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("examples/dispatch.bpf.o"))) {
      at = Objects.requireNonNull(at.getParent());
    }
    return at;
  }

  private static Outcome skep(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments);
    return new Outcome(status, out.toString(), err.toString());
  }

  @SuppressWarnings("unchecked")
  private static String result(Map<String, ?> row, String rung) {
    for (Object entry : (List<Object>) Objects.requireNonNull(row.get("rungs"))) {
      Map<String, Object> fields = (Map<String, Object>) entry;
      if (rung.equals(fields.get("rung"))) {
        return (String) Objects.requireNonNull(fields.get("result"));
      }
    }
    return "(none)";
  }

  @Test
  void everyRungOfAnEqualObjectIsEqual() {
    Outcome outcome = skep("ladder", EQUAL, "-o", "json");
    assertThat(outcome.status()).isZero();
    List<String> lines = outcome.out().lines().toList();
    assertThat(lines).hasSize(5);
    for (String line : lines) {
      Map<String, ?> row = Json.object(line);
      assertThat(row.get("linux_verdict")).isEqualTo("accepted");
      assertThat(row.get("different")).isEqualTo(false);
      for (String rung : List.of("verdict", "counters", "log1", "log2", "xlated", "jited")) {
        assertThat(result(row, rung)).as(line).isEqualTo("equal");
      }
      assertThat(result(row, "interp")).as(line).isEqualTo("equal");
    }
  }

  @Test
  void aDifferenceGivesStatusOneAndBothSides() {
    Outcome outcome = skep("ladder", BEYOND);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out())
        .contains("DIFFERENT")
        .contains("linux: accepted")
        .contains("skep:  EACCES: invalid bpf_context access off=-8 size=8")
        .contains("1 programs, 1 different");
  }

  @Test
  void verifyAsksLinuxToo() {
    Outcome equal = skep("verify", "--against-linux", "-o", "json", EQUAL + ":parse");
    assertThat(equal.status()).isZero();
    Map<String, ?> row = Json.object(equal.out().strip());
    assertThat(row.get("against_linux")).isEqualTo("equal");
    Map<?, ?> linux = (Map<?, ?>) Objects.requireNonNull(row.get("linux"));
    assertThat(linux.get("insns")).isEqualTo(row.get("insns"));
    assertThat(skep("verify", "--against-linux", DIFFERENT + ":parse").status()).isEqualTo(1);
    assertThat(skep("verify", DIFFERENT + ":parse").status()).isZero();
  }

  @Test
  void givenInputsAreRun() {
    Outcome outcome = skep("ladder", EQUAL + ":parse", "--data-in", "hex:00", "-o", "csv");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out().lines().toList().getLast()).endsWith("equal,equal");
    String capture = ROOT.resolve("examples/traffic.pcap").toString();
    assertThat(skep("ladder", EQUAL + ":parse", "--pcap", capture).status()).isZero();
  }

  @Test
  void badInputHasOneLineAndItsStatus() throws IOException {
    Path broken = Files.write(directory.resolve("broken.o"), new byte[] {0x7f, 'E', 'L', 'F'});
    Outcome outcome = skep("ladder", broken.toString(), EQUAL + ":parse");
    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.out()).contains("parse");
    assertThat(skep("ladder", EQUAL + ":nosuch").status()).isEqualTo(3);
    assertThat(skep("ladder", EQUAL, "-o", "xml").status()).isEqualTo(2);
    assertThat(skep("ladder", EQUAL, "--inputs", "0").status()).isEqualTo(2);
  }
}

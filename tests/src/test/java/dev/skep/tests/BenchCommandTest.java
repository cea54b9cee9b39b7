package dev.skep.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.Main;
import dev.skep.linux.KernelEngine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The form of what {@code skep bench} says; figures are never asserted. */
final class BenchCommandTest {
  private static final Path ROOT = root();
  private static final String INCREMENTS =
      ROOT.resolve("bench/objects/increments.bpf.o").toString();
  private static final String NANOS = "\\{\"min\":[0-9.E-]+,\"median\":[0-9.E-]+\\}";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.isDirectory(here.resolve("examples")) ? here : here.getParent();
  }

  private int skep(String... arguments) {
    return Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
  }

  private void assertOutput(String regex) {
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString().strip()).matches(Pattern.compile(regex, Pattern.DOTALL));
  }

  @ParameterizedTest
  @ValueSource(strings = {"jit", "jit-kernel", "interp"})
  void measuresOneInput(String engine) {
    int status =
        skep(
            "bench",
            INCREMENTS,
            "empty",
            "--engine",
            engine,
            "--repeat",
            "100",
            "--rounds",
            "4",
            "-o",
            "json");
    String compiled =
        engine.startsWith("jit") ? ",\"compile_us\":[0-9.]+,\"code_bytes\":[1-9][0-9]*" : "";
    assertOutput(
        "\\{\"object\":\".*increments.bpf.o\",\"program\":\"empty\",\"prog_type\":\"xdp\","
            + "\"engine\":\""
            + engine
            + "\",\"runs\":400,\"ns_per_run\":"
            + NANOS
            + compiled
            + "\\}");
    assertThat(status).isZero();
  }

  @Test
  void measuresACapture() {
    int status =
        skep(
            "bench",
            ROOT.resolve("examples/dispatch.bpf.o") + ":parse",
            "--pcap",
            ROOT.resolve("examples/traffic.pcap").toString(),
            "--repeat",
            "1",
            "--rounds",
            "1");
    assertOutput(
        ".*: parse \\(xdp\\), [0-9]+ packets of a capture, 1 rounds of [0-9,]+ runs.*"
            + "  jit +[0-9.]+ +[0-9.]+.*compiled in [0-9.]+ us, [0-9,]+ bytes of code");
    assertThat(status).isZero();
  }

  @Test
  void measuresTheKernelToo() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    int status =
        skep(
            "bench",
            INCREMENTS,
            "increment_array",
            "--against-linux",
            "--repeat",
            "10",
            "--rounds",
            "2",
            "-j");
    assertOutput(
        ".*\"runs\":20,\"ns_per_run\":"
            + NANOS
            + ",\"linux_ns_per_run\":"
            + NANOS
            + ",\"compile_us\":.*");
    assertThat(status).isZero();
  }

  @Test
  void notesWhatTheKernelRefuses() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    // Direct values of per-CPU arrays: newer than 6.18.
    int status =
        skep(
            "bench",
            ROOT.resolve("examples/dispatch.bpf.o").toString(),
            "parse",
            "--repeat",
            "1",
            "--rounds",
            "1",
            "--against-linux",
            "-o",
            "json");
    assertThat(status).isZero();
    assertThat(out.toString()).contains("\"ns_per_run\"");
    assertThat(err.toString().isEmpty()).isEqualTo(out.toString().contains("\"linux_ns_per_run\""));
    assertThat(err.toString()).matches("|skep: not beside linux: .*\n");
  }

  @Test
  void typesWithoutTestRunAreNamed() {
    Path trace = ROOT.resolve("linux/src/test/resources/link/trace.bpf.o");
    assertThat(skep("bench", trace.toString(), "on_entry")).isEqualTo(4);
    assertThat(err.toString())
        .isEqualTo("skep: bench of program \"on_entry\": type kprobe has no test_run\n");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void wrongUsageIsOneLine() {
    assertThat(skep("bench", INCREMENTS, "empty", "--rounds", "0")).isEqualTo(2);
    assertThat(err.toString()).isEqualTo("skep: --rounds: must be 1 to 1000000\n");
  }
}

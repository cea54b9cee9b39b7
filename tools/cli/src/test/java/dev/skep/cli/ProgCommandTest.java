package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.json.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code skep prog dump} on the example. */
final class ProgCommandTest {
  private static final String EXAMPLE = root().resolve("examples/dispatch.bpf.o").toString();

  private record Outcome(int status, String out, String err) {}

  private static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("examples/dispatch.bpf.o"))) {
      at = Objects.requireNonNull(at.getParent());
    }
    return at;
  }

  private static Outcome dump(String what, String... options) {
    String[] arguments = new String[5 + options.length];
    System.arraycopy(new String[] {"prog", "dump", what, EXAMPLE, "parse"}, 0, arguments, 0, 5);
    System.arraycopy(options, 0, arguments, 5, options.length);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments);
    return new Outcome(status, out.toString(), err.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "x86_64, seed, mov    %rsp%c%rbp, # __x86_indirect_thunk_rcx",
    "x86_64, linux-6.18, mov    %rsp%c%rbp, # __x86_indirect_thunk_rcx",
    "arm64, seed, mov x29%c sp, br x11",
    "arm64, linux-6.18, mov x29%c sp, br x10",
  })
  void codeOfBothMachines(String machine, String dialect, String prologue, String tailCall) {
    Outcome dump = dump("jited", "linum", "opcodes", "--arch", machine, "--dialect", dialect);
    assertThat(dump.err()).isEmpty();
    assertThat(dump.status()).isZero();
    assertThat(dump.out())
        .startsWith("int parse(struct xdp_md * ctx):\nparse:\n")
        .contains(prologue.replace("%c", ","))
        .contains(tailCall);
  }

  @ParameterizedTest
  @CsvSource({"xlated, x86_64", "xlated, arm64", "jited, x86_64", "jited, arm64"})
  void jsonOfBothMachines(String what, String machine) {
    Outcome dump = dump(what, "-j", "--arch", machine);
    assertThat(dump.status()).isZero();
    assertThat(Json.object("{\"all\":" + dump.out().strip() + "}")).containsKey("all");
    assertThat(dump.out()).contains("\"proto\":\"int parse(struct xdp_md * ctx)\"");
  }

  @ParameterizedTest
  @CsvSource({"x86_64", "arm64"})
  void sourceLinesBeginTheirCode(String machine) {
    String events = EXAMPLE.replace("dispatch", "events");
    StringWriter out = new StringWriter();
    PrintWriter none = new PrintWriter(new StringWriter());
    int status =
        Main.run(
            new PrintWriter(out),
            none,
            "prog",
            "dump",
            "jited",
            events,
            "to_ring",
            "linum",
            "--arch",
            machine);
    assertThat(status).isZero();
    assertThat(out.toString())
        .containsPattern("(?m)^; .* \\[file:.* line_num:\\d+ line_col:\\d+]$");
  }

  @Test
  void optionsOfAllCommandsMayComeFirst() {
    StringWriter out = new StringWriter();
    PrintWriter none = new PrintWriter(new StringWriter());
    assertThat(
            Main.run(
                new PrintWriter(out), none, "-j", "prog", "dump", "xlated", EXAMPLE + ":parse"))
        .isZero();
    assertThat(out.toString()).isEqualTo(dump("xlated", "-j").out());
  }

  @Test
  void wordsMayStandBehindOptions() {
    Outcome dump = dump("jited", "--arch", "arm64", "opcodes", "--dialect", "seed", "linum");
    assertThat(dump.err()).isEmpty();
    assertThat(dump.out()).isEqualTo(dump("jited", "opcodes", "linum", "--arch", "arm64").out());
    StringWriter err = new StringWriter();
    int status =
        Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err, true), "prog", "dump");
    assertThat(status).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString())
        .isEqualTo("skep: prog dump: say 'xlated|jited OBJ PROG [opcodes] [linum]'\n");
  }

  @Test
  void perCpuBaseOfEachMachine() {
    assertThat(dump("jited").out()).contains("%gs:").doesNotContain("TPIDR");
    assertThat(dump("jited", "--arch", "arm64").out()).contains("mrs x10, TPIDR_EL1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "xlated|--layout|user|prog dump xlated: --layout, --live, --prog-array are for jited",
        "jited|--layout|kernal|layout \"kernal\", want kernel or user",
        "jited|--arch|mips|architecture \"mips\", want x86_64 or arm64",
        "jited|--dialect|linux|dialect \"linux\", want seed or linux-6.18",
      })
  void wrongOptions(String what, String option, String value, String error) {
    Outcome dump = dump(what, option, value);
    assertThat(dump.status()).isEqualTo(ExitStatus.USAGE);
    assertThat(dump.err()).isEqualTo("skep: " + error + "\n");
  }

  @Test
  void arm64HasNoLayoutOfItsOwn() {
    Outcome dump = dump("jited", "--arch", "arm64", "--layout", "user");
    assertThat(dump.status()).isEqualTo(ExitStatus.UNSUPPORTED);
    assertThat(dump.err()).isEqualTo("skep: layout user of arm64\n");
  }
}

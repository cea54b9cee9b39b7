package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code skep verify} with veristat's options; what is expected is what veristat 6.18 prints. */
class VerifyCommandTest {
  private static final String PRESETS = file("/cli/presets.bpf.o");

  private record Outcome(int status, String out, String err) {}

  @TempDir Path directory;

  private static String file(String name) {
    try {
      return Path.of(Objects.requireNonNull(VerifyCommandTest.class.getResource(name)).toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Outcome verify(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> all = new ArrayList<>(List.of("verify"));
    all.addAll(Arrays.asList(arguments));
    int status =
        Main.run(new PrintWriter(out), new PrintWriter(err, true), all.toArray(String[]::new));
    return new Outcome(status, out.toString(), err.toString());
  }

  /** The rows of a table or CSV, without heads, rules and what follows. */
  private static List<String> rows(String out) {
    return out.lines()
        .skip(out.contains("---") ? 2 : 1)
        .takeWhile(l -> !l.startsWith("-"))
        .toList();
  }

  @Test
  void tableHasVeristatsColumnsAndOrder() {
    Outcome outcome = verify(PRESETS);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out().lines().findFirst().orElse(""))
        .matches(
            "File +Program +Verdict +Duration \\(us\\) +Insns +States +Program size +Jited size");
    assertThat(rows(outcome.out()))
        .satisfiesExactly(
            row -> assertThat(row).matches("presets.bpf.o +fast_only +failure +\\d+ +6 +0 +8 +0"),
            row -> assertThat(row).matches("presets.bpf.o +loops +success +\\d+ +52 .*"),
            row -> assertThat(row).matches("presets.bpf.o +uses +success +\\d+ +78 .*"));
    assertThat(outcome.out())
        .contains("Done. Processed 1 files, 3 programs. Skipped 0 files, 0 programs.")
        .contains("fast_only, insn 6: rejected: R1 offset is outside of the packet")
        .endsWith("2 success, 1 failure\n");
  }

  @Test
  void csvHasVeristatsColumns() {
    List<String> lines = verify(PRESETS, "-o", "csv", "-f", "loops").out().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst())
        .isEqualTo(
            "file_name,prog_name,verdict,duration,total_insns,total_states,peak_states,"
                + "max_states_per_insn,max_mark_read_len,prog_size,prog_size_jited,prog_type,"
                + "attach_type,stack_depth,mem_peak");
    assertThat(lines.getLast()).matches("presets.bpf.o,loops,success,\\d+,52,.*,xdp,xdp,\\d+,-1");
  }

  @ParameterizedTest
  @CsvSource({
    "limit = 10, fast_only failure 6; loops success 112; uses success 78",
    "limit=0x20, fast_only failure 6; loops success 332; uses success 78",
    "mode=FAST, fast_only success 5; loops success 52; uses success 78",
    "mode = 3, fast_only failure 6; loops success 52; uses success 78",
  })
  void presetsDecide(String preset, String expected) {
    String out = verify(PRESETS, "-e", "prog,verdict,insns", "-G", preset, "-q").out();
    assertThat(String.join("; ", rows(out)).replaceAll(" +", " ")).isEqualTo(expected);
  }

  @Test
  void aPresetWithoutItsVariableLeavesTheOtherObjects() {
    Outcome outcome = verify(PRESETS, file("/cli/slots.bpf.o"), "-G", "limit=1");
    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.err()).contains("slots.bpf.o: -G \"limit=1\": no variable \"limit\"");
    assertThat(rows(outcome.out())).hasSize(3);
  }

  @Test
  void listsAreFiles() throws IOException {
    Path objects = directory.resolve("objects");
    Files.writeString(objects, "# those of the test\n\n  " + PRESETS + "\n");
    Path filters = directory.resolve("filters");
    Files.writeString(filters, "!uses\n# neither\n  !loops\n");
    Path presets = directory.resolve("presets");
    Files.writeString(presets, "mode = FAST\n#limit = 3\n limit = 1\n");
    Outcome outcome = verify("@" + objects, "-f", "@" + filters, "-G", "@" + presets, "-o", "csv");
    assertThat(outcome.status()).isZero();
    assertThat(rows(outcome.out()))
        .singleElement()
        .asString()
        .startsWith("presets.bpf.o,fast_only,success,");
    assertThat(verify("@nosuch").status()).isEqualTo(3);
    assertThat(verify(PRESETS, "-f", "@nosuch").status()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "-s insns, uses loops fast_only",
    "-s insns^ -n 2, fast_only loops",
    "-f insns>10, loops uses",
    "-f verdict=failure, fast_only",
    "-f !verdict=failure -f !loops, uses",
    "-f presets.bpf.o/*s, loops uses",
    "-s prog_type;prog., loops fast_only uses",
  })
  void rowsAreChosenAndOrdered(String arguments, String expected) {
    List<String> all = new ArrayList<>(List.of(PRESETS));
    all.addAll(List.of(arguments.replace(';', ',').split(" ")));
    for (String format : List.of("csv", "table", "json")) {
      List<String> line = new ArrayList<>(all);
      line.addAll(List.of("-o", format));
      String out = verify(line.toArray(String[]::new)).out();
      List<String> names =
          switch (format) {
            case "json" ->
                out.lines().map(row -> (String) Json.object(row).get("program")).toList();
            case "csv" -> rows(out).stream().map(row -> row.split(",", -1)[1]).toList();
            default -> rows(out).stream().map(row -> row.split(" +", -1)[1]).toList();
          };
      assertThat(names).as(format).containsExactlyInAnyOrder(expected.split(" "));
      if (!format.equals("json") || arguments.contains("-s")) {
        assertThat(String.join(" ", names)).as(format).isEqualTo(expected);
      }
    }
  }

  @Test
  void skippedProgramsAndFilesAreCounted() {
    assertThat(verify(PRESETS, "-f", "/loops").out()).contains("Skipped 0 files, 2 programs.");
    assertThat(verify(PRESETS, file("/cli/slots.bpf.o"), "-f", "presets*/loops").out())
        .contains("Processed 1 files, 1 programs. Skipped 1 files, 2 programs.");
  }

  @Test
  void flagsReachTheVerifier() {
    String emit = "total_states";
    List<String> usual = rows(verify(PRESETS + ":loops", "-e", emit).out());
    List<String> often = rows(verify(PRESETS + ":loops", "-e", emit, "-t").out());
    assertThat(Long.parseLong(often.getFirst().strip()))
        .isGreaterThan(Long.parseLong(usual.getFirst().strip()));
    assertThat(verify(PRESETS + ":loops", "-r", "--test-states").status()).isZero();
  }

  @Test
  void sourceLinesAreCounted() {
    Outcome outcome = verify(PRESETS + ":loops", "-S", "2", "-q", "-e", "prog");
    assertThat(outcome.out())
        .startsWith(
            """
            Top source lines (loops):
                9: (presets.bpf.c:55)\tfor (int i = 0; i < limit; i++)
                8: (presets.bpf.c:56)\tsum += u8 + u16 + i;

            Program
            """);
    Map<String, ?> row = Json.object(verify(PRESETS + ":loops", "-S", "1", "-j").out().strip());
    assertThat(String.valueOf(row.get("top_lines")))
        .isEqualTo("[{count=9, line=presets.bpf.c:55, source=for (int i = 0; i < limit; i++)}]");
    assertThat(row).doesNotContainKey("log");
  }

  @Test
  void logsAndDumpsComeBeforeTheTable() {
    String out = verify(PRESETS + ":fast_only", "-v", "-G", "mode=FAST", "--dump").out();
    assertThat(out)
        .contains("DUMP (XLATED) presets.bpf.o/fast_only:\n")
        .containsPattern(
            "PROCESSING \\S+/fast_only, DURATION US: \\d+, VERDICT: success, VERIFIER");
    assertThat(verify(PRESETS + ":loops", "--dump=jited", "-vl2").out())
        .contains("DUMP (JITED) presets.bpf.o/loops:\n")
        .contains("processed 52 insns");
    assertThat(verify(PRESETS + ":loops", "-l", "2", "--log-size", "60", "--log-fixed").out())
        .contains("VERIFIER LOG:\nfunc#0 @0");
  }

  /** What veristat 6.18 guesses of the same programs, and what Linux then says of them. */
  @ParameterizedTest
  @CsvSource({
    "new_sub, success sched_cls cgroup_inet_ingress",
    "new_xdp_sub, success xdp xdp",
    "new_connect4, success cgroup_sock_addr cgroup_inet4_bind",
    "bad_result, failure cgroup_sock_addr cgroup_inet4_bind",
    "bad_count, failure ext cgroup_inet_ingress",
  })
  void extensionsWithoutATargetAreJudgedByTheirContext(String program, String expected) {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("examples/dispatch.bpf.o"))) {
      at = Objects.requireNonNull(at.getParent());
    }
    Path extend = at.resolve("tests/src/test/resources/freplace/extend.bpf.o");
    Outcome outcome = verify(extend + ":" + program, "-e", "verdict,prog_type,attach_type");
    assertThat(rows(outcome.out()).getFirst().strip().replaceAll(" +", " ")).isEqualTo(expected);
    boolean guessed = !expected.contains(" ext ");
    assertThat(outcome.err().contains("judged as")).isEqualTo(guessed);
  }
}

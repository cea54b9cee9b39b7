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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code skep verify -C} and {@code -R}; what is expected is what veristat 6.18 prints. */
class KeptRunsTest {
  private static final String BASE = file("base.csv");
  private static final String NEW = file("new.csv");

  private record Outcome(int status, String out, String err) {}

  @TempDir Path directory;

  private static String file(String name) {
    try {
      return Path.of(
              Objects.requireNonNull(KeptRunsTest.class.getResource("/cli/runs/" + name)).toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Outcome skep(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments);
    return new Outcome(status, out.toString(), err.toString());
  }

  private static Outcome compare(String arguments) {
    List<String> all = new ArrayList<>(List.of("verify", "-C", BASE, NEW));
    all.addAll(List.of(arguments.split(" ")));
    return skep(all.toArray(String[]::new));
  }

  private static Outcome replay(String arguments) {
    List<String> all = new ArrayList<>(List.of("verify", "-R", BASE));
    all.addAll(List.of(arguments.split(" ")));
    return skep(all.toArray(String[]::new));
  }

  @Test
  void comparesSideBySide() {
    Outcome outcome = compare("-e file,prog,verdict,insns");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out())
        .isEqualTo(
            """
            File  Program  Verdict (A)  Verdict (B)  Verdict (DIFF)  Insns (A)  Insns (B)  Insns  (DIFF)
            ----  -------  -----------  -----------  --------------  ---------  ---------  -------------
            a.o   gone     failure      N/A          N/A                     7        N/A            N/A
            a.o   grown    success      success      MATCH                 100        101    +1 (+1.00%)
            a.o   same     success      success      MATCH                 100        100    +0 (+0.00%)
            a.o   shrunk   success      success      MATCH                 200        150  -50 (-25.00%)
            b.o   added    N/A          success      N/A                   N/A          9            N/A
            b.o   broken   success      failure      MISMATCH               50         25  -25 (-50.00%)
            """);
  }

  @Test
  void comparesAsCsv() {
    assertThat(compare("-e prog,insns,mem_peak -o csv").out())
        .isEqualTo(
            """
            prog_name,total_insns_base,total_insns_comp,total_insns_diff,mem_peak_base,mem_peak_comp,mem_peak_diff
            gone,7,N/A,N/A,0,N/A,N/A
            grown,100,101,+1 (+1.00%),1,1,+0 (+0.00%)
            same,100,100,+0 (+0.00%),-1,-1,+0 (-0.00%)
            shrunk,200,150,-50 (-25.00%),3,1,-2 (-66.67%)
            added,N/A,9,N/A,N/A,0,N/A
            broken,50,25,-25 (-50.00%),0,0,+0 (+0.00%)
            """);
  }

  @Test
  void comparesAsJson() {
    List<String> lines =
        compare("-e file,prog,verdict,insns,states -o json").out().lines().toList();
    assertThat(lines).hasSize(6);
    assertThat(lines.get(3))
        .isEqualTo(
            "{\"object\":\"a.o\",\"program\":\"shrunk\","
                + "\"verdict\":{\"a\":\"success\",\"b\":\"success\",\"diff\":\"MATCH\"},"
                + "\"total_insns\":{\"a\":200,\"b\":150,\"diff\":-50,\"pct\":-25.0},"
                + "\"total_states\":{\"a\":0,\"b\":4,\"diff\":4,\"pct\":100.0}}");
    assertThat(lines.getFirst())
        .contains("\"total_insns\":{\"a\":7,\"b\":null,\"diff\":null,\"pct\":null}");
  }

  @ParameterizedTest
  @CsvSource({
    "-s insns_diff, grown same broken shrunk gone added",
    "-s insns_diff^, gone added shrunk broken same grown",
    "-s |insns_diff|^, same grown broken shrunk gone added",
    "-s insns_pct -n 2, grown same",
    "-s insns_a^, added gone broken grown same shrunk",
    "-s verdict_diff;insns_b^, gone added broken same grown shrunk",
    "-s progv, shrunk same grown gone broken added",
    // The distance from zero counts, and what one run does not have is farther than anything.
    "-f insns_diff!=0, gone grown shrunk added broken",
    "-f insns_diff>0, gone grown shrunk added broken",
    "-f insns_diff<-1, shrunk broken",
    "-f insns_pct<5, grown same",
    "-f verdict_diff=mismatch, broken",
    "-f verdict_a=success -f !insns_a>150, grown same broken",
    "-f insns_a=50 -f insns_b=9, added broken",
    "-f a.o -f !s*, gone grown",
    "-f b.o/, added broken",
    "-f nosuch, ''",
  })
  void rowsAreChosenAndOrdered(String arguments, String expected) {
    String out = compare("-e prog -o csv " + arguments.replace(';', ',')).out();
    assertThat(String.join(" ", out.lines().skip(1).toList())).isEqualTo(expected);
  }

  @Test
  void replaysATable() {
    assertThat(replay("-e prog,verdict,insns,prog_size -f a.o -s verdict,insns").out())
        .isEqualTo(
            """
            Program  Verdict  Insns  Program size
            -------  -------  -----  ------------
            gone     failure      7           N/A
            shrunk   success    200           N/A
            grown    success    100           N/A
            same     success    100           N/A
            -------  -------  -----  ------------
            """);
  }

  @ParameterizedTest
  @CsvSource({
    "-s insns, shrunk grown same broken gone",
    "-s insns^ -n 2, gone broken",
    "-s verdict;states, gone grown same broken shrunk",
    "-f insns>99, grown same shrunk",
    "-f !insns>99, gone broken",
    "-s |mem_peak|^, gone broken grown same shrunk",
    "-f verdict=fail, gone",
    "-f /g*, gone grown",
    "-f mem_peak=1, grown same",
  })
  void replayedRowsAreChosenAndOrdered(String arguments, String expected) {
    String out = replay("-e prog -o csv " + arguments.replace(';', ',')).out();
    // CSV has veristat's rows: all that have a verdict.
    assertThat(String.join(" ", out.lines().skip(1).toList())).isEqualTo(expected);
  }

  @Test
  void aRunIsReadAsItWasWritten() throws IOException {
    Path copy = directory.resolve("copy.csv");
    String columns = "file,prog,verdict,insns,states,mem_peak";
    Files.writeString(copy, replay("-o csv -e " + columns).out());
    String again = skep("verify", "-R", copy.toString(), "-o", "csv", "-e", columns).out();
    assertThat(again).isEqualTo(Files.readString(copy));
    Path json = directory.resolve("copy.json");
    Files.writeString(
        json,
        replay("-o json -e " + columns)
            .out()
            .replace("file_name", "object")
            .replace("prog_name", "program"));
    assertThat(skep("verify", "-R", json.toString(), "-o", "csv", "-e", columns).out())
        .isEqualTo(again);
    Map<String, ?> first = Json.object(Files.readAllLines(json).getFirst());
    assertThat(first.get("total_insns")).isEqualTo(7L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file_name,total_insns\na,1\n",
        "file_name,prog_name,nosuch\n",
        "file_name,prog_name,insns\na,b\n",
        "file_name,prog_name,insns\na,b,1,2\n",
        "file_name,prog_name,insns\na,b,many\n",
        "file_name,prog_name,ns_per_insn\na,b,many\n",
        "{\"object\":\"a.o\",\"program\":\"p\",\"insns\":\"x\"}\n",
        "{\"object\":\n",
      })
  void whatIsNoRunIsMalformed(String text) throws IOException {
    Path broken = Files.writeString(directory.resolve("broken.csv"), text);
    Outcome outcome = skep("verify", "-R", broken.toString());
    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.err().lines()).hasSize(1);
    assertThat(outcome.err()).contains("broken.csv: line ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-C a.csv",
        "-R a.csv b.csv",
        "-C -R a.csv b.csv",
        "-C a.csv b.csv -o xml",
        "-C a.csv b.csv -e nosuch",
        "-R a.csv -s nosuch^",
        "-R a.csv -n -1",
        "-R a.csv -f nosuch>1",
        "a.o -v -q",
        "a.o -l 16",
        "a.o --log-size 0",
        "a.o --dump=nosuch",
        "a.o -S -1",
        "a.o -G x",
      })
  void wrongUsageHasStatusTwo(String arguments) {
    String[] all = ("verify " + arguments).split(" ");
    Outcome outcome = skep(all);
    assertThat(outcome.status()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err().lines()).hasSize(1);
  }
}

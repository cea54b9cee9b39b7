package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.json.Json;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BatchCommandTest {
  private static final String RETURN_2 = "b7000000020000009500000000000000";
  private static final String PACKET = "00".repeat(60);

  private static String answer(String line) {
    try (Engines engines = new Engines(2)) {
      return BatchCommand.answer(line, engines);
    }
  }

  @Test
  void verifies() {
    assertThat(
            answer(
                "{\"id\":1,\"op\":\"verify\",\"prog_type\":\"xdp\",\"insns\":\""
                    + RETURN_2
                    + "\"}"))
        .startsWith("{\"id\":1,\"verdict\":\"accepted\",\"errno\":0,\"message\":\"\",\"insns\":2,")
        .contains("\"xlated_insns\":2");
  }

  @Test
  void rejectsWithTheKernelsReason() {
    assertThat(
            answer(
                "{\"id\":\"x\",\"prog_type\":\"xdp\",\"log_level\":1,\"insns\":\"9500000000000000\"}"))
        .startsWith(
            "{\"id\":\"x\",\"verdict\":\"rejected\",\"errno\":13,\"message\":\"R0"
                + " !read_ok\",\"insn\":0,")
        .contains("\"log\":\"");
  }

  /** As bpf(2) with a buffer of that size, rotating and fixed. */
  @ParameterizedTest
  @CsvSource({
    "4, 1000, accepted, 0",
    "2, 100, rejected, 28",
    "10, 100, rejected, 28",
    "2, 0, accepted, 0",
    "0, 100, rejected, 22",
    "1, 1073741824, rejected, 22",
  })
  void logsHaveTheSizeThatIsAskedFor(int level, int size, String verdict, int errno) {
    String answer =
        answer(
            "{\"id\":1,\"prog_type\":\"xdp\",\"log_level\":"
                + level
                + ",\"log_size\":"
                + size
                + ",\"insns\":\""
                + RETURN_2
                + "\"}");
    assertThat(answer)
        .startsWith("{\"id\":1,\"verdict\":\"" + verdict + "\",\"errno\":" + errno + ",");
    switch (level) {
      case 2 -> assertThat(answer).contains("\"log_true_size\":271");
      case 10 -> assertThat(answer).contains("\"log\":\"func#0 @0");
      default -> {}
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void runs(String engine) {
    assertThat(
            answer(
                "{\"id\":1,\"op\":\"run\",\"prog_type\":\"xdp\",\"insns\":\""
                    + RETURN_2
                    + "\",\"data_in\":\""
                    + PACKET
                    + "\",\"engine\":\""
                    + engine
                    + "\"}"))
        .startsWith("{\"id\":1,\"retval\":2,\"data_out\":\"" + PACKET + "\",\"duration_ns\":");
  }

  @Test
  void givesRewrittenInstructionsAndMachineCode() {
    assertThat(
            answer(
                "{\"id\":1,\"op\":\"xlated\",\"prog_type\":\"xdp\",\"insns\":\""
                    + RETURN_2
                    + "\"}"))
        .isEqualTo("{\"id\":1,\"insns\":\"" + RETURN_2 + "\"}");
    assertThat(
            answer(
                "{\"id\":1,\"op\":\"jited\",\"prog_type\":\"xdp\",\"insns\":\"" + RETURN_2 + "\"}"))
        .startsWith("{\"id\":1,\"code\":\"0f1f4400000f1f00554889e5b802000000c9e9")
        .endsWith("\",\"arch\":\"x86_64\"}");
  }

  /** What follows the stub's br x10 is data, which dumps leave out. */
  @Test
  void givesMachineCodeOfArm64() {
    assertThat(
            answer(
                "{\"id\":1,\"op\":\"jited\",\"prog_type\":\"xdp\",\"arch\":\"arm64\",\"insns\":\""
                    + RETURN_2
                    + "\"}"))
        .startsWith("{\"id\":1,\"code\":\"e9031eaa1f2003d5fd7bbfa9fd030091ff6bbfa9fa030091470080d2")
        .endsWith("4a00005840011fd6\",\"arch\":\"arm64\"}");
  }

  /** A tail call through one map: 81 fa compares the index with the array's size. */
  @Test
  void givesTheFormsOfADialect() {
    String line =
        "{\"id\":1,\"op\":\"jited\",\"prog_type\":\"xdp\",%s\"insns\":\"6113100000000000"
            + "18120000000000000000000000000000850000000c000000b70000000000000095000000000000"
            + "00\",\"maps\":[{\"type\":\"prog_array\",\"key_size\":4,\"value_size\":4,"
            + "\"max_entries\":3}]}";
    assertThat(answer(line.formatted(""))).contains("89d239").doesNotContain("89d281fa03000000");
    assertThat(answer(line.formatted("\"dialect\":\"seed\","))).contains("89d281fa03000000");
    assertThat(answer(line.formatted("\"dialect\":\"mine\",")))
        .isEqualTo("{\"id\":1,\"error\":\"dialect \\\"mine\\\", want seed or linux-6.18\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]|{\"id\":null,\"error\":\"not a json object\"}",
        "{\"id\":7}|{\"id\":7,\"error\":\"insns: missing\"}",
        "{\"id\":7,\"insns\":\"9\"}|{\"id\":7,\"error\":\"insns: odd number of hex digits\"}",
        "{\"id\":7,\"insns\":\"95\"}|{\"id\":7,\"error\":\"insns: 1 bytes, not a multiple of 8\"}",
        "{\"id\":7,\"op\":\"fly\"}|{\"id\":7,\"error\":\"op: unknown operation \\\"fly\\\"\"}",
        "{\"id\":7,\"insns\":\"9500000000000000\"}|{\"id\":7,\"error\":\"prog_type: missing\"}",
        "{\"id\":7,\"insns\":\"9500000000000000\",\"prog_type\":\"x\"}"
            + "|{\"id\":7,\"error\":\"prog_type: unknown type \\\"x\\\"\"}",
        "{\"id\":7,\"insns\":\"18110000000000000000000000000000\",\"prog_type\":\"xdp\"}"
            + "|{\"id\":7,\"error\":\"insns: instruction 0 loads map 0 of 0\"}",
      })
  void saysWhatIsWrongWithALine(String line, String expected) {
    assertThat(answer(line)).isEqualTo(expected);
  }

  private static final String JUMPS =
      "{\"type\":\"prog_array\",\"key_size\":4,\"value_size\":4,\"max_entries\":2%s}";

  /** Runs a tail call to slot 0, or returns 2. */
  private static String tailCall(String elements, String programs) {
    return answer(
        "{\"id\":1,\"op\":\"run\",\"prog_type\":\"xdp\",\"insns\":\"18120000000000000000000000000000"
            + "b703000000000000850000000c000000"
            + RETURN_2
            + "\",\"maps\":["
            + JUMPS.formatted(",\"elements\":" + elements)
            + "],\"programs\":["
            + programs
            + "],\"data_in\":\""
            + PACKET
            + "\"}");
  }

  @Test
  void slotsHoldConstantsOrProgramsOfTheLine() {
    String returns9 = "{\"prog_type\":\"xdp\",\"insns\":\"b7000000090000009500000000000000\"%s}";
    String maps = ",\"maps\":[" + JUMPS.formatted("") + "]";
    assertThat(tailCall("[]", "")).contains("\"retval\":2,");
    assertThat(tailCall("[[\"00000000\",\"07\"]]", "")).contains("\"retval\":7,");
    String slot = "[[\"00000000\",\"00000000\"]]";
    assertThat(tailCall(slot, returns9.formatted(""))).contains("\"retval\":9,");
    assertThat(tailCall(slot, returns9.formatted(maps))).contains("\"retval\":9,");
    assertThat(tailCall(slot, returns9.formatted(",\"maps\":[]")))
        .isEqualTo(
            "{\"id\":1,\"error\":\"programs[0].maps: must be those of the request, or missing\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"00000000\",\"00000000\"|program 0 of 0",
        "\"00000000\",\"ffffffff\"|program -1 of 0",
        "\"00000000\",\"0000\"|value of 2 bytes, want 1 or 4",
        "\"00000000\",\"\"|value of 0 bytes, want 1 or 4",
        "\"00\",\"01\"|key of 1 bytes, want 4",
      })
  void saysWhatIsWrongWithASlot(String element, String reason) {
    assertThat(tailCall("[[" + element + "]]", ""))
        .isEqualTo("{\"id\":1,\"error\":\"maps[0].elements[0]: " + reason + "\"}");
  }

  @ParameterizedTest
  @CsvSource({"'',value of 0 bytes", "000000000000000000,value of 9 bytes"})
  void valuesOfElementsFit(String value, String reason) {
    assertThat(
            answer(
                "{\"id\":1,\"op\":\"run\",\"prog_type\":\"xdp\",\"insns\":\""
                    + RETURN_2
                    + "\",\"maps\":[{\"type\":\"array\",\"key_size\":4,\"value_size\":8,"
                    + "\"max_entries\":1,\"elements\":[[\"00000000\",\""
                    + value
                    + "\"]]}]}"))
        .isEqualTo("{\"id\":1,\"error\":\"maps[0].elements[0]: " + reason + ", want 8\"}");
  }

  /** The verifier accepts it, the rewrite has no slot for the last poke descriptor. */
  @ParameterizedTest
  @ValueSource(strings = {"verify", "xlated", "jited"})
  void oneDirectTailCallTooMuch(String op) {
    String call =
        "bf6100000000000018120000000000000000000000000000b703000000000000850000000c000000";
    assertThat(
            answer(
                "{\"id\":1,\"op\":\""
                    + op
                    + "\",\"prog_type\":\"xdp\",\"insns\":\"bf16000000000000"
                    + call.repeat(1025)
                    + RETURN_2
                    + "\",\"maps\":["
                    + JUMPS.formatted("")
                    + "]}"))
        .startsWith(
            "{\"id\":1,\"verdict\":\"rejected\",\"errno\":28,"
                + "\"message\":\"adding tail call poke descriptor failed\",");
  }

  @Test
  void everyMutatedLineGetsOneAnswer() {
    String good =
        "{\"id\":1,\"op\":\"run\",\"prog_type\":\"xdp\",\"license\":\"GPL\",\"insns\":\""
            + "1801000000000000000000000000000079100000000000009500000000000000"
            + "\",\"maps\":[{\"type\":\"array\",\"key_size\":4,\"value_size\":8,\"max_entries\":1}],"
            + "\"log_level\":2,\"data_in\":\""
            + PACKET
            + "\",\"repeat\":1,\"engine\":\"interp\"}";
    long until = System.nanoTime() + Long.getLong("skep.fuzz.seconds", 0) * 1_000_000_000L;
    Random random = new Random(7);
    String alphabet = "0123456789abcdef{}[]\",:-.eE\\ truefalsn";
    try (Engines engines = new Engines(2)) {
      for (int round = 0; round < 3000 || System.nanoTime() < until; round++) {
        StringBuilder line = new StringBuilder(good);
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
          int at = random.nextInt(line.length());
          switch (random.nextInt(3)) {
            case 0 -> line.deleteCharAt(at);
            case 1 -> line.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
            default -> line.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
          }
        }
        String answer = BatchCommand.answer(line.toString(), engines);
        assertThat(Json.object(answer)).containsKey("id");
        assertThat(answer).doesNotContain("internal").doesNotContain("\n");
      }
    }
  }
}

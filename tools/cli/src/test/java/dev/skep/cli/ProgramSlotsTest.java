package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.json.Json;
import dev.skep.linux.KernelEngine;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code skep run --prog-array}: the packet's first byte is the slot that is jumped to. */
class ProgramSlotsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path directory;
  private String object = "";

  @BeforeEach
  void copyObject() throws IOException {
    Path file = directory.resolve("slots.bpf.o");
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("/cli/slots.bpf.o"))) {
      Files.copy(in, file);
    }
    object = file.toString();
  }

  private static void needs(String engine) {
    if (engine.equals("linux")) {
      var available = KernelEngine.available();
      Assumptions.assumeTrue(available.available(), available.reason());
    }
  }

  private int run(String engine, String... more) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> args = new ArrayList<>(List.of("run", object, "--engine", engine));
    args.addAll(List.of(more));
    return Main.run(new PrintWriter(out), new PrintWriter(err), args.toArray(String[]::new));
  }

  /** The result for a packet with that first byte, the other programs named by slots. */
  private long retval(String engine, int slot, String... slots) {
    List<String> args = new ArrayList<>();
    args.addAll(List.of("entry", "-o", "json", "--data-in", "hex:0" + slot + "00".repeat(63)));
    for (String option : slots) {
      args.addAll(List.of("--prog-array", option));
    }
    assertThat(run(engine, args.toArray(String[]::new))).as(err.toString()).isZero();
    Map<String, @Nullable Object> json = Json.object(out.toString().strip());
    return ((Number) Objects.requireNonNull(json.get("retval"))).longValue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void slotsAreFilledReplacedAndEmptied(String engine) {
    needs(engine);
    assertThat(retval(engine, 0)).isZero();
    assertThat(retval(engine, 1)).as("static slot").isEqualTo(1);
    assertThat(retval(engine, 1, "jumps:1=two")).isEqualTo(2);
    assertThat(retval(engine, 1, "jumps:1=")).isZero();
    assertThat(retval(engine, 3, "jumps:0=one", "jumps:0x3=two")).isEqualTo(2);
    assertThat(retval(engine, 2, "jumps:2=one", "jumps:2=two")).as("in order").isEqualTo(2);
    assertThat(retval(engine, 2, "jumps:3=two")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void slotsAreShownByTheNamesOfTheirPrograms(String engine) {
    needs(engine);
    String[] input = {
      "entry", "--data-in", "hex:" + "00".repeat(64), "--prog-array", "jumps:3=two"
    };
    assertThat(run(engine, input)).isZero();
    assertThat(out.toString())
        .contains("jumps (prog_array)\n  1: \"one\"\n  3: \"two\"\n")
        .contains("plain (array)");
  }

  /** What lies in a slot is not what is meant to be run, where no program is named. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void packetsOfACaptureGoThroughTheSlots(String engine) throws IOException {
    needs(engine);
    Path capture = directory.resolve("c.pcap");
    Files.write(capture, capture(0, 1, 2, 2, 3, 3, 3));
    int status =
        run(
            engine,
            "entry",
            "-o",
            "json",
            "--pcap",
            capture.toString(),
            "--repeat",
            "3",
            "--prog-array",
            "jumps:2=two");
    assertThat(status).as(err.toString()).isZero();
    Map<String, @Nullable Object> json = Json.object(out.toString().strip());
    assertThat(String.valueOf(json.get("retvals"))).isEqualTo("{0=4, 1=1, 2=2}");
  }

  private static byte[] capture(int... firstBytes) {
    int length = 64;
    ByteBuffer file =
        ByteBuffer.allocate(24 + firstBytes.length * (16 + length)).order(ByteOrder.LITTLE_ENDIAN);
    file.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0);
    file.putInt(65535).putInt(1);
    for (int first : firstBytes) {
      file.putInt(0).putInt(0).putInt(length).putInt(length).put((byte) first);
      file.position(file.position() + length - 1);
    }
    return file.array();
  }

  private void assertFails(String engine, int status, String option, String... words) {
    int actual = run(engine, "entry", "--data-in", "hex:00", "--prog-array", option);
    assertThat(actual).as(err.toString()).isEqualTo(status);
    assertThat(err.toString().strip().lines()).hasSize(1);
    assertThat(err.toString()).contains(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void mistakesAreNamed(String engine) {
    needs(engine);
    assertFails(engine, ExitStatus.USAGE, "jumps=two", "MAP:INDEX=PROG", "jumps=two");
    assertFails(engine, ExitStatus.USAGE, "jumps:-1=two", "MAP:INDEX=PROG");
    assertFails(engine, ExitStatus.USAGE, "leaps:0=two", "no program array \"leaps\"", "jumps");
    assertFails(engine, ExitStatus.USAGE, "plain:0=two", "no program array \"plain\"", "jumps");
    assertFails(
        engine, ExitStatus.USAGE, "jumps:0=three", "no program \"three\"", "one, entry, two");
    assertFails(engine, ExitStatus.USAGE, "jumps:4=two", "has 4 slots");
    assertFails(engine, ExitStatus.USAGE, "jumps:4294967295=two", "has 4 slots");
    assertFails(engine, ExitStatus.REJECTED, "jumps:0=other", "jumps:0=other: EINVAL", "type");
  }
}

package dev.skep.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The README's first command, held against counts made from the capture's bytes alone. */
final class DispatchExampleTest {
  private static final Path EXAMPLES = examples();

  private static Path examples() {
    Path here = Path.of("").toAbsolutePath();
    return Files.isDirectory(here.resolve("examples"))
        ? here.resolve("examples")
        : here.getParent().resolve("examples");
  }

  /** Packets and bytes by name, as the example's variables have them. */
  static Map<String, long[]> independentCount() throws IOException {
    ByteBuffer file =
        ByteBuffer.wrap(Files.readAllBytes(EXAMPLES.resolve("traffic.pcap")))
            .order(ByteOrder.LITTLE_ENDIAN);
    assertThat(file.getInt(0)).isEqualTo(0xa1b2c3d4);
    Map<String, long[]> counts = new TreeMap<>();
    for (int at = 24; at < file.capacity(); ) {
      int length = file.getInt(at + 8);
      classify(file.slice(at + 16, length).order(ByteOrder.BIG_ENDIAN), counts);
      at += 16 + length;
    }
    return counts;
  }

  private static void classify(ByteBuffer frame, Map<String, long[]> counts) {
    int at = 12;
    int type = frame.getShort(at) & 0xffff;
    if (type == 0x8100 || type == 0x88a8) {
      add(counts, "vlan", frame);
    }
    while (type == 0x8100 || type == 0x88a8) {
      at += 4;
      type = frame.getShort(at) & 0xffff;
    }
    int protocol =
        switch (type) {
          case 0x0800 -> frame.get(at + 2 + 9) & 0xff;
          case 0x86dd -> frame.get(at + 2 + 6) & 0xff;
          default -> -1;
        };
    if (type == 0x0800 || type == 0x86dd) {
      add(counts, type == 0x0800 ? "ipv4" : "ipv6", frame);
    }
    add(
        counts,
        switch (protocol) {
          case 1 -> "icmp";
          case 6 -> "tcp";
          case 17 -> "udp";
          case 58 -> "icmp6";
          default -> "other";
        },
        frame);
  }

  private static void add(Map<String, long[]> counts, String name, ByteBuffer frame) {
    long[] count = counts.computeIfAbsent(name, _ -> new long[2]);
    count[0]++;
    count[1] += frame.capacity();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--engine interp", "--engine jit", "--cpus 2", "--engine interp --cpus 2"})
  void countsEqualAnIndependentCountOfTheCapture(String options) throws IOException {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String command =
        "run "
            + EXAMPLES.resolve("dispatch.bpf.o")
            + " --pcap "
            + EXAMPLES.resolve("traffic.pcap")
            + " -o json "
            + options;
    int status = Main.run(new PrintWriter(out), new PrintWriter(err), command.split(" "));
    assertThat(err.toString()).isEmpty();
    assertThat(status).isZero();
    independentCount()
        .forEach((name, count) ->
            assertThat(out.toString())
                .contains(
                    "\"" + name + "\":{\"packets\":" + count[0] + ",\"bytes\":" + count[1] + "}"));
    assertThat(independentCount()).hasSize(8);
  }
}

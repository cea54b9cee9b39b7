package dev.skep.tests.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.fuzz.Tally;
import dev.skep.ladder.Finding;
import dev.skep.ladder.Ladder;
import dev.skep.ladder.Sample;
import dev.skep.linux.KernelBtf;
import dev.skep.linux.KernelEngine;
import dev.skep.program.AttachTarget;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Programs that are attached by BTF, and others that use the types of the kernel, beside the kernel
 * of this machine: verdict, whole log, rewritten instructions, machine code.
 *
 * <pre>
 *   name | type | attach type or member | target, "-" for none | flags | license | insns | maps
 * </pre>
 */
class AttachedProgramsTest {
  private static final String RESOURCE = "/differential/attached.txt";

  @Test
  void asLinuxSays() throws IOException {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    Assumptions.assumeTrue(KernelBtf.types().vmlinux() != null, "the kernel has no BTF");
    Tally tally = new Tally();
    int compared = 0;
    try (Ladder ladder = new Ladder(true)) {
      for (Sample sample : samples()) {
        Program program = sample.program();
        // A kernel of another configuration lacks some targets.
        if (program.attachTo() != null && AttachTarget.find(program, KernelBtf.types()) == null) {
          continue;
        }
        List<Finding> findings = ladder.climb(sample);
        tally.add(sample, findings);
        compared++;
      }
    }
    System.out.println("attached programs compared: " + compared);
    assertThat(tally.details()).isEmpty();
    assertThat(compared).isPositive();
  }

  private static List<Sample> samples() throws IOException {
    InputStream stream =
        Objects.requireNonNull(AttachedProgramsTest.class.getResourceAsStream(RESOURCE), RESOURCE);
    List<Sample> samples = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          samples.add(sample(line.split(" \\| ?", -1)));
        }
      }
    }
    return samples;
  }

  private static Sample sample(String[] field) {
    ProgramType type = Objects.requireNonNull(ProgramType.ofText(field[1]), field[1]);
    List<MapSpec> maps = new ArrayList<>();
    List<List<Sample.Element>> contents = new ArrayList<>();
    for (String map : field[7].isEmpty() ? new String[0] : field[7].split(";", -1)) {
      maps.add(map(map.split(":", -1)));
      contents.add(List.of());
    }
    Program program =
        new Program(
            "p",
            "",
            type,
            Integer.parseInt(field[2]),
            Integer.parseInt(field[4]),
            field[5].isEmpty() ? "GPL" : field[5],
            words(field[6]),
            List.copyOf(maps),
            List.of(),
            List.of(),
            null,
            field[3].isEmpty() || field[3].equals("-") ? null : field[3]);
    List<byte[]> nothing = List.of(new byte[0]);
    return new Sample(field[0], program, nothing, nothing, contents);
  }

  private static MapSpec map(String[] field) {
    MapType type = Objects.requireNonNull(MapType.ofText(field[0]), field[0]);
    MapSpec spec =
        MapSpec.of(
            "m",
            type,
            Integer.parseInt(field[1]),
            Integer.parseInt(field[2]),
            Integer.parseInt(field[3]),
            Integer.parseInt(field[4]));
    return type.text().endsWith("storage") ? spec.withTypes(numbers(), 1, 2) : spec;
  }

  /** The kernel wants types for the keys and values of local storage. */
  private static Btf numbers() {
    BtfBuilder builder = BtfBuilder.create();
    builder.add(new BtfType.Int("int", 4, 1, 0, 32));
    builder.add(new BtfType.Int("long", 8, 1, 0, 64));
    return builder.build();
  }

  private static long[] words(String hex) {
    long[] words = new long[hex.length() / 16];
    for (int i = 0; i < words.length; i++) {
      words[i] = Long.reverseBytes(HexFormat.fromHexDigitsToLong(hex, 16 * i, 16 * i + 16));
    }
    return words;
  }
}

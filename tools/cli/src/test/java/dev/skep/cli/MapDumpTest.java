package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.TestRun;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.Feature;
import dev.skep.linux.KernelFeatures;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.testing.Check;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code skep map dump}, held against what bpftool printed of the same maps. */
class MapDumpTest {
  private static final int CPUS = 2;
  private static final int RUN_ON_CPU = 1;
  private static final byte[] FIRST = new byte[4];

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = MapDumpTest.class.getResourceAsStream("/cli/" + name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }

  private static Engine open(Engines engines, String name) {
    try {
      return engines.named(name);
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }

  /** An object whose program has run on CPU 1. */
  private static LoadedObject filled(Engine engine, String name) throws IOException {
    LoadedObject loaded = engine.load(BpfObject.open(name, resource(name)));
    loaded.program("fill").testRun(new TestRun(null, null, 1, -1, -1, RUN_ON_CPU, 1, 0));
    return loaded;
  }

  /** Every form of every map, byte for byte. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void dumpsAreThoseOfBpftool(String name) throws IOException {
    String wanted = new String(resource("views.txt"), StandardCharsets.UTF_8);
    try (Engines engines = new Engines(CPUS)) {
      Engine engine = open(engines, name);
      Assumptions.assumeTrue(
          engine.cpus() == CPUS, "the recorded dump is of a machine of two CPUs");
      try (LoadedObject object = filled(engine, "views.bpf.o")) {
        StringBuilder dumps = new StringBuilder();
        for (String head : wanted.lines().filter(line -> line.startsWith("== ")).toList()) {
          String[] words = head.split(" ", -1);
          MapDump dump = new MapDump(words[1], object.map(words[1]));
          dumps.append(head).append('\n');
          dumps.append(words.length == 2 ? dump.text() : dump.json(words[2].equals("-p")));
        }
        assertThat(dumps.toString()).isEqualTo(wanted);
      }
    }
  }

  private static String dump(Engine engine, int size) {
    MapSpec spec = MapSpec.of("m", MapType.PERCPU_ARRAY, 4, size, 1, 0);
    try (BpfMap map = engine.createMap(spec)) {
      byte[] values = new byte[map.userValueSize()];
      int slot = values.length / engine.cpus();
      for (int cpu = 0; cpu < engine.cpus(); cpu++) {
        values[cpu * slot] = (byte) (cpu + 1);
      }
      map.update(FIRST, values, 0);
      return new MapDump("m", map).text();
    }
  }

  private static String wanted(Engine engine, String gap, String rest) {
    StringBuilder text = new StringBuilder("key:\n00 00 00 00\n");
    for (int cpu = 0; cpu < engine.cpus(); cpu++) {
      text.append(String.format("value (CPU %02d):%s%02x%s\n", cpu, gap, cpu + 1, rest));
    }
    return text + "Found 1 element\n";
  }

  @Check(142)
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void valuesWithoutTypes(String name) {
    try (Engines engines = new Engines(CPUS)) {
      Engine engine = open(engines, name);
      assertThat(dump(engine, 4)).isEqualTo(wanted(engine, " ", " 00 00 00"));
      assertThat(dump(engine, 16))
          .isEqualTo(wanted(engine, " ", " 00".repeat(7) + " " + " 00".repeat(8)));
      assertThat(dump(engine, 17))
          .isEqualTo(wanted(engine, "\n", " 00".repeat(7) + " " + " 00".repeat(8) + "\n00"));
    }
  }

  @Check(143)
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void variablesOfEachCpu(String name) throws IOException {
    Assumptions.assumeTrue(
        !name.equals("linux") || KernelFeatures.host().has(Feature.PERCPU_DATA),
        "this kernel has no global per-CPU data and no BPF_F_CPU");
    try (Engines engines = new Engines(CPUS);
        LoadedObject object = filled(open(engines, name), "variables.bpf.o")) {
      MapDump dump = new MapDump(".percpu", object.map(".percpu"));
      assertThat(dump.text())
          .startsWith(
              """
              [{
                      "values": [{
                              "cpu": 0,
                              "value": {
                                  ".percpu": [{
                                          "data": -1
                                      },{
              """)
          .contains(
              """
                              "cpu": 1,
                              "value": {
                                  ".percpu": [{
                                          "data": 0
                                      },{
              """)
          .contains("\"ratio\": 0.5\n")
          .doesNotContain("\"key\"");
      String json = dump.json(false);
      String formatted = json.substring(json.indexOf("\"formatted\""));
      assertThat(formatted)
          .startsWith(
              "\"formatted\":{\"values\":[{\"cpu\":0,\"value\":{\".percpu\":[{\"data\":-1},")
          .contains("{\"cpu\":1,\"value\":{\".percpu\":[{\"data\":0},{\"all\":{\"byte\":255,")
          .doesNotContain("\"key\"");
      assertThat(dump.table())
          .contains("data                -1                          0" + " ".repeat(44) + " -1")
          .anyMatch(line -> line.matches("all\\.words\\[1] +2 +2 +4"))
          .anyMatch(line -> line.matches("all\\.text +hello +hello"));
    }
  }

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int skep(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.run(new PrintWriter(out), new PrintWriter(err), args);
  }

  @Test
  void theCommandRunsOrOnlyLoads() throws IOException {
    Path file = directory.resolve("v.bpf.o");
    Files.write(file, resource("variables.bpf.o"));
    String object = file.toString();
    assertThat(skep("map", "dump", object, "bare4", "--cpus", "1")).isZero();
    assertThat(out.toString()).contains("value (CPU 00): 00 00 00 00\n");
    String context = "hex:" + "00".repeat(8);
    assertThat(skep("map", "dump", object, "bare4", "--cpus", "1", "--ctx-in", context)).isZero();
    assertThat(out.toString()).contains("value (CPU 00): 01 02 03 04\n");
    assertThat(skep("map", "dump", object + ":fill", ".percpu", "-o", "table", "--cpus", "3"))
        .isZero();
    assertThat(out.toString().lines().findFirst().orElse(""))
        .matches("variable +cpu 0 +cpu 1 +cpu 2 +sum");
    assertThat(skep("map", "dump", object, "none")).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).startsWith("skep: v: no map \"none\"; it has hash, percpu, number,");
    assertThat(skep("map", "dump", object)).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void withoutARunProgramsLieInTheirSlots() throws IOException {
    Path file = directory.resolve("slots.bpf.o");
    Files.write(file, resource("slots.bpf.o"));
    assertThat(skep("map", "dump", file.toString(), "jumps")).as(err.toString()).isZero();
    assertThat(out.toString()).startsWith("key: 01 00 00 00  value: ").contains("Found 1 element");
  }
}

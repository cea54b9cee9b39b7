package dev.skep.tests.engines;

import static dev.skep.tests.engines.Engines.packet;
import static dev.skep.tests.engines.Engines.u32;
import static dev.skep.tests.engines.Engines.u64;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PreparedRun;
import dev.skep.engine.TestRun;
import dev.skep.isa.Assembler;
import dev.skep.program.Helpers;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.run.Vm;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing stays behind: descriptors, off-heap blocks, mappings, machine code. */
final class LeaksTest {
  private static final int CYCLES = 10_000;
  private static final int WARM_UP = 500;
  private static final int OBJECT_CYCLES = 100;

  /** Linux waits for a grace period in each update of a map of maps: so not in each cycle. */
  private static final int GRACE_PERIODS = 500;

  private static final List<MapSpec> MAPS =
      List.of(
          MapSpec.of("hash", MapType.HASH, 4, 8, 8, 0),
          MapSpec.of("jumps", MapType.PROG_ARRAY, 4, 4, 2, 0),
          MapSpec.of("percpu", MapType.PERCPU_ARRAY, 4, 8, 1, 0),
          MapSpec.of("outer", MapType.ARRAY_OF_MAPS, 4, 4, 1, 0)
              .withInner(MapSpec.of("", MapType.ARRAY, 4, 8, 1, 0)));

  private static final Program PROGRAM = Program.of("cycle", ProgramType.XDP, "GPL", code(), MAPS);

  private static long[] code() {
    String text =
        """
        r6 = r1
        *(u32 *)(r10 - 4) = 0
        r2 = r10
        r2 += -4
        r1 = map[0]
        call bpf_map_lookup_elem
        if r0 == 0 goto +2
        r1 = 1
        lock *(u64 *)(r0 + 0) += r1
        r1 = r6
        r2 = map[1]
        r3 = 1
        call bpf_tail_call
        r0 = 2
        exit
        """;
    return Assembler.assemble(
        text,
        new Assembler.Symbols() {
          @Override
          public int helper(String name) {
            for (int id = 1; id < Helpers.COUNT; id++) {
              if (name.equals(Helpers.name(id))) {
                return id;
              }
            }
            return -1;
          }

          @Override
          public int map(String name) {
            return -1;
          }
        });
  }

  /** Creates maps, loads a program that is in its own program array, runs it, closes all. */
  private static void cycle(Engine engine, int number) {
    List<BpfMap> maps = MAPS.stream().map(engine::createMap).toList();
    try (LoadedProgram program = engine.load(PROGRAM, maps);
        BpfMap inner = engine.createMap(MapSpec.of("", MapType.ARRAY, 4, 8, 1, 0))) {
      maps.get(0).update(u32(0), u64(number), 0);
      maps.get(1).update(u32(0), u32(program.slotValue()), 0);
      if (number % GRACE_PERIODS == 0) {
        maps.get(3).update(u32(0), u32(inner.slotValue()), 0);
      }
      assertThat(program.testRun(TestRun.of(packet(0, 60))).retval()).isEqualTo(2);
      assertThat(maps.get(0).lookup(u32(0))).isEqualTo(u64(number + 1L));
    } finally {
      maps.forEach(BpfMap::close);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void tenThousandLoads(String name) {
    try (Engine engine = Engines.open(name)) {
      for (int i = 0; i < WARM_UP; i++) {
        cycle(engine, i);
      }
      Leaks before = Leaks.now();
      String machine = machine(engine);
      for (int i = 0; i < CYCLES; i++) {
        cycle(engine, i);
      }
      assertThat(machine(engine)).isEqualTo(machine);
      assertThat(Leaks.now().since(before)).isEmpty();
    }
  }

  /** What the engine itself counts. */
  private static String machine(Engine engine) {
    if (!(engine instanceof Vm vm)) {
      return "";
    }
    vm.machine().gracePeriods().synchronize();
    return vm.machine().addressSpace().size()
        + " ranges, "
        + vm.machine().perCpu().usedBytes()
        + " bytes per cpu, "
        + vm.codeBytes()
        + " bytes of code, "
        + vm.machine().gracePeriods().pending()
        + " pending";
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void objectsAndReaders(String name) {
    try (Engine engine = Engines.open(name)) {
      useObject(engine);
      Leaks before = Leaks.now();
      String machine = machine(engine);
      for (int i = 0; i < OBJECT_CYCLES; i++) {
        useObject(engine);
      }
      assertThat(machine(engine)).isEqualTo(machine);
      assertThat(Leaks.now().since(before)).isEmpty();
    }
  }

  private static void useObject(Engine engine) {
    try (LoadedObject loaded = engine.load(Engines.object());
        PreparedRun run = loaded.program("count").prepare(TestRun.of(packet(1, 60)))) {
      run.run();
      loaded.variable("seen").set(u64(5));
      loaded.map("flows").updateBatch(u32(7, 8), u64(1, 2), 0);
      loaded.map("flows").lookupAndDeleteBatch(null, 100, 0);
      loaded.map("events").ringBuffer().close();
      loaded.map("samples").perfBuffer(4096).close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void engines(String name) {
    for (int i = 0; i < 3; i++) {
      openAndUse(name);
    }
    Leaks before = Leaks.now();
    for (int i = 0; i < OBJECT_CYCLES; i++) {
      openAndUse(name);
    }
    assertThat(Leaks.now().since(before)).isEmpty();
  }

  private static void openAndUse(String name) {
    try (Engine engine = Engines.open(name)) {
      cycle(engine, 1);
    }
  }

  /** The checker sees what stays. */
  @Test
  void aLeakIsSeen() {
    Leaks before = Leaks.now();
    try (Engine engine = Engines.open("interp");
        BpfMap map = engine.createMap(MapSpec.of("r", MapType.RINGBUF, 0, 0, 1 << 20, 0))) {
      assertThat(map.spec().name()).isEqualTo("r");
      assertThat(Leaks.now().since(before)).contains("skep-ring").contains("blocks");
    }
    assertThat(Leaks.now().since(before)).isEmpty();
  }
}

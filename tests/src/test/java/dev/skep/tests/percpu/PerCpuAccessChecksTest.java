package dev.skep.tests.percpu;

import static dev.skep.tests.percpu.PerCpuObjects.cpu;
import static dev.skep.tests.percpu.PerCpuObjects.errno;
import static dev.skep.tests.percpu.PerCpuObjects.number;
import static dev.skep.tests.percpu.PerCpuObjects.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.Link;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.MapBatch;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.isa.Assembler;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Per-CPU values from programs and from outside: checks D130 to D140. */
class PerCpuAccessChecksTest {
  private static final byte[] FIRST = new byte[4];
  private static final MapSpec WORD = MapSpec.of(".percpu", MapType.PERCPU_ARRAY, 4, 8, 1, 0);
  private static final MapSpec FIVE = MapSpec.of(".percpu", MapType.PERCPU_ARRAY, 4, 5, 1, 0);

  private static LoadedProgram load(Engine engine, String text, BpfMap... maps) {
    List<MapSpec> specs = Arrays.stream(maps).map(BpfMap::spec).toList();
    long[] insns = Assembler.assemble(text);
    Program program = Program.of("p", ProgramType.SCHED_CLS, "GPL", insns, specs);
    return engine.load(program, List.of(maps));
  }

  private static int run(LoadedProgram program) {
    return program.testRun(TestRun.of(Engines.packet(0, 64))).retval();
  }

  @ParameterizedTest
  @Check(130)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void lookupsOfOneCpu(String name) {
    try (Engine engine = PerCpuObjects.open(name, 0, 2, 5);
        BpfMap map = engine.createMap(FIVE)) {
      map.update(FIRST, new byte[] {1, 2, 3, 4, 5}, cpu(2));
      assertThat(map.lookup(FIRST, cpu(2))).containsExactly(1, 2, 3, 4, 5);
      assertThat(map.lookup(FIRST, cpu(5))).containsExactly(0, 0, 0, 0, 0);
      for (int none : new int[] {1, 3, 6, 100, -1}) {
        assertThat(errno(() -> map.lookup(FIRST, cpu(none)))).isEqualTo(Errno.ERANGE);
        assertThat(errno(() -> map.update(FIRST, new byte[5], cpu(none)))).isEqualTo(Errno.ERANGE);
      }
    }
  }

  @ParameterizedTest
  @Check(131)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void flagsThatDoNotFit(String name) {
    long bothKinds = BpfMap.CPU | BpfMap.ALL_CPUS;
    try (Engine engine = PerCpuObjects.open(name);
        BpfMap map = engine.createMap(WORD);
        BpfMap hash = engine.createMap(MapSpec.of("h", MapType.PERCPU_HASH, 4, 8, 4, 0));
        BpfMap array = engine.createMap(MapSpec.of("a", MapType.ARRAY, 4, 8, 1, 0));
        BpfMap plain = engine.createMap(MapSpec.of("p", MapType.HASH, 4, 8, 4, 0))) {
      for (BpfMap each : List.of(map, hash)) {
        each.update(FIRST, new byte[8], BpfMap.ALL_CPUS);
        for (long flags : new long[] {1L << 32, 4, 32, bothKinds, BpfMap.ALL_CPUS, cpu(0) | 4}) {
          assertThat(errno(() -> each.lookup(FIRST, flags))).as("%x", flags).isEqualTo(22);
        }
        for (long flags : new long[] {1L << 32, 4, 32, bothKinds, 1L << 32 | 16, cpu(0) | 4}) {
          byte[] value = new byte[each.userValueSize(flags)];
          assertThat(errno(() -> each.update(FIRST, value, flags))).as("%x", flags).isEqualTo(22);
        }
      }
      for (BpfMap each : List.of(array, plain)) {
        for (long flags : new long[] {cpu(0), BpfMap.ALL_CPUS, 1L << 32}) {
          assertThat(errno(() -> each.lookup(FIRST, flags))).as("%x", flags).isEqualTo(22);
          assertThat(errno(() -> each.update(FIRST, new byte[8], flags))).isEqualTo(22);
        }
      }
    }
  }

  @ParameterizedTest
  @Check(132)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void updatesOfAllCpusAndOfOne(String name) {
    try (Engine engine = PerCpuObjects.open(name);
        BpfMap map = engine.createMap(WORD)) {
      map.update(FIRST, Engines.u64(7), BpfMap.ALL_CPUS);
      assertThat(map.lookup(FIRST)).isEqualTo(repeated(7, engine.cpus()));
      map.update(FIRST, Engines.u64(9), cpu(1));
      assertThat(map.lookup(FIRST, cpu(0))).isEqualTo(Engines.u64(7));
      assertThat(map.lookup(FIRST, cpu(1))).isEqualTo(Engines.u64(9));
    }
  }

  private static byte[] repeated(long value, int times) {
    long[] values = new long[times];
    Arrays.fill(values, value);
    return Engines.u64(values);
  }

  @ParameterizedTest
  @Check({130, 131, 132})
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void batchesOfOneCpuAndOfAll(String name) {
    try (Engine engine = PerCpuObjects.open(name)) {
      for (MapType type : List.of(MapType.PERCPU_ARRAY, MapType.PERCPU_HASH)) {
        try (BpfMap map = engine.createMap(MapSpec.of("m", type, 4, 8, 2, 0))) {
          byte[] keys = Engines.u32(0, 1);
          assertThat(map.updateBatch(keys, Engines.u64(3, 4), BpfMap.ALL_CPUS).count())
              .isEqualTo(2);
          assertThat(map.updateBatch(keys, Engines.u64(5, 6), cpu(1)).count()).isEqualTo(2);
          assertThat(sum(map.lookupBatch(null, 4, cpu(0)))).isEqualTo(7);
          assertThat(sum(map.lookupBatch(null, 4, cpu(1)))).isEqualTo(11);
          byte[] two = new byte[16];
          assertThat(errno(() -> map.updateBatch(keys, two, 24))).isEqualTo(Errno.EINVAL);
          assertThat(errno(() -> map.updateBatch(keys, two, cpu(77)))).isEqualTo(Errno.ERANGE);
          assertThat(errno(() -> map.lookupBatch(null, 4, 16))).isEqualTo(Errno.EINVAL);
          assertThat(errno(() -> map.lookupBatch(null, 4, cpu(77)))).isEqualTo(Errno.ERANGE);
        }
      }
    }
  }

  private static long sum(MapBatch batch) {
    assertThat(batch.values()).hasSize(8 * batch.count());
    long sum = 0;
    for (int i = 0; i < batch.count(); i++) {
      sum += Engines.number(Arrays.copyOfRange(batch.values(), 8 * i, 8 * i + 8));
    }
    return sum;
  }

  /** With holes, lookups go by place and updates by number; without, both are the same. */
  @ParameterizedTest
  @Check(133)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void slotsOfCpus(String name) {
    try (Engine engine = PerCpuObjects.open(name, 0, 2, 5)) {
      for (MapType type : List.of(MapType.PERCPU_ARRAY, MapType.PERCPU_HASH)) {
        try (BpfMap map = engine.createMap(MapSpec.of("m", type, 4, 8, 1, 0))) {
          map.update(FIRST, Engines.u64(90), BpfMap.ALL_CPUS);
          map.update(FIRST, Engines.u64(10, 11, 12), 0);
          assertThat(map.lookup(FIRST, cpu(0))).isEqualTo(Engines.u64(10));
          assertThat(map.lookup(FIRST, cpu(2))).isEqualTo(Engines.u64(12));
          assertThat(map.lookup(FIRST, cpu(5))).isEqualTo(Engines.u64(90));
          assertThat(map.lookup(FIRST)).isEqualTo(Engines.u64(10, 12, 90));
        }
      }
    }
  }

  @ParameterizedTest
  @Check(133)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void slotsAreCopiedWhole(String name) {
    try (Engine engine = Engines.open(name);
        BpfMap map = engine.createMap(FIVE)) {
      byte[] ones = new byte[map.userValueSize()];
      Arrays.fill(ones, (byte) 1);
      map.update(FIRST, ones, 0);
      assertThat(map.lookup(FIRST)).isEqualTo(ones);
    }
  }

  @ParameterizedTest
  @Check(134)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void commandsOfOneElement(String name) {
    try (Engine engine = Engines.open(name);
        BpfMap map = engine.createMap(WORD)) {
      byte[] value = new byte[map.userValueSize()];
      byte[] second = Engines.u32(1);
      assertThat(errno(() -> map.update(FIRST, value, BpfMap.NOEXIST))).isEqualTo(Errno.EEXIST);
      map.update(FIRST, value, BpfMap.EXIST);
      assertThat(errno(() -> map.update(second, value, 0))).isEqualTo(Errno.E2BIG);
      assertThat(map.lookup(second)).isNull();
      assertThat(errno(() -> map.delete(FIRST))).isEqualTo(Errno.EINVAL);
      assertThat(errno(() -> map.mmap(true))).isEqualTo(Errno.ENOTSUPP);
      assertThat(errno(() -> map.mmap(false))).isEqualTo(Errno.ENOTSUPP);
    }
  }

  @ParameterizedTest
  @Check(135)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void everyCpuThatIsVisited(String name) {
    int[] cpus = {0, 2, 5, 6};
    try (Engine engine = PerCpuObjects.open(name, cpus);
        LoadedObject loaded = engine.load(object("percpu"))) {
      LoadedProgram update = loaded.program("update");
      for (int i = 0; i < 3; i++) {
        assertThat(PerCpuObjects.runOn(update, cpus[i])).isZero();
      }
      for (int i = 0; i < 3; i++) {
        assertThat(number(loaded, ".percpu", cpus[i], 0, 4)).isEqualTo(1);
        var copy = loaded.perCpu(".percpu").onCpu(i);
        assertThat(copy.getLong("set")).isEqualTo(1);
        assertThat(copy.getLong("nums[6]")).isEqualTo(0xc0de);
        assertThat(copy.getLong("struct_data.i")).isEqualTo(1);
        assertThat(copy.getLong("struct_data.set")).isEqualTo(1);
        assertThat(copy.getLong("struct_data.nums[6]")).isEqualTo(0xc0de);
        assertThat(copy.getLong("cpu_id[0]")).isEqualTo(cpus[i]);
        assertThat(number(loaded, ".percpu.looooooooong", cpus[i], 0, 4)).isEqualTo(11);
        assertThat(number(loaded, ".percpu.five", cpus[i], 4, 1)).isEqualTo(6);
      }
      var rest = loaded.perCpu(".percpu").onCpu(3);
      assertThat(rest.getLong("data")).isEqualTo(-1);
      assertThat(rest.getLong("struct_data.i")).isEqualTo(-1);
      assertThat(rest.getLong("nums[6]")).isZero();
      assertThat(loaded.data(".bss").getLong("run")).isEqualTo(3);
    }
  }

  /** From programs: once, with this CPU's value. From outside: one element with all values. */
  @ParameterizedTest
  @Check(136)
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void iteration(String name) {
    try (Engine engine = PerCpuObjects.open(name);
        LoadedObject loaded = engine.load(object("iterate"))) {
      loaded.perCpu(".percpu").forEach(copy -> copy.setLong("number", 0xc0de));
      assertThat(loaded.perCpu(".percpu").sum(copy -> copy.getLong("number")))
          .isEqualTo(0xc0deL * engine.cpus());
      assertThat(run(loaded.program("each"))).isEqualTo(1);
      assertThat(loaded.data(".bss").getLong("seen")).isEqualTo(0xc0de);
      assertThat(loaded.data(".bss").getLong("key")).isZero();
    }
  }

  private static final String ELEMENT =
      """
      r6 = map[0][0]+0
      *(u32 *)(r10 -4) = 0
      r1 = map[0]
      r2 = r10
      r2 += -4
      """;

  private static final String DISTANCE =
      """
      if r0 == 0 goto +2
      r0 -= r6
      exit
      r0 = 77
      exit
      """;

  @ParameterizedTest
  @Check({137, 138})
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void lookupsGiveTheAddressOfDirectAccess(String name) {
    String ofThisCpu =
        """
        r6 = map[0][0]+0
        call bpf_get_smp_processor_id#8
        r3 = r0
        *(u32 *)(r10 -4) = 0
        r1 = map[0]
        r2 = r10
        r2 += -4
        call bpf_map_lookup_percpu_elem#195
        """;
    try (Engine engine = PerCpuObjects.open(name);
        BpfMap map = engine.createMap(WORD)) {
      String lookup = ELEMENT + "call bpf_map_lookup_elem#1\n" + DISTANCE;
      assertThat(run(load(engine, lookup, map))).isZero();
      assertThat(run(load(engine, ofThisCpu + DISTANCE, map))).isZero();
      for (int none : new int[] {engine.cpus(), 100, -1}) {
        String far = ELEMENT + "r3 = " + none + "\ncall bpf_map_lookup_percpu_elem#195\n";
        assertThat(run(load(engine, far + DISTANCE, map))).isEqualTo(77);
      }
    }
  }

  @ParameterizedTest
  @Check(139)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void objectsShareThemByReuse(String name) {
    try (Engine engine = PerCpuObjects.open(name);
        LoadedObject caller = engine.load(object("caller"))) {
      BpfMap shared = caller.map(".percpu");
      BpfObject callees = object("callee");
      callees.program("replacement").attachTarget(caller.program("calls").program(), null);
      callees.autoload("replacement", true);
      try (LoadedObject callee = engine.load(callees, Map.of(".percpu", shared))) {
        assertThat(callee.perCpu(".percpu").sum(copy -> copy.getLong("shared")))
            .as("contents stay")
            .isEqualTo(engine.cpus());
        assertThat(run(caller.program("caller"))).isEqualTo(-1);
        byte[] value = Engines.u32(callee.program("callee").slotValue());
        caller.map("jumps").update(FIRST, value, 0);
        assertThat(run(caller.program("caller"))).isEqualTo(65);
        assertThat(run(caller.program("calls"))).isEqualTo(-2);
        Link link = callee.program("replacement").attach();
        assertThat(run(caller.program("calls"))).isEqualTo(66);
        link.close();
      }
      assertThat(run(caller.program("calls"))).isEqualTo(-2);
      assertThat(caller.perCpu(".percpu").all())
          .as("the map stays open")
          .anySatisfy(copy -> assertThat(copy.getLong("shared")).isEqualTo(64));
      assertThatThrownBy(() -> engine.load(object("wide"), Map.of(".percpu", shared)))
          .isInstanceOf(BpfErrnoException.class)
          .hasMessage(
              "reuse of map \".percpu\" as \".percpu\": EINVAL: parameter mismatch: value_size is 4"
                  + " there and 8 in the object");
    }
  }

  @ParameterizedTest
  @Check(140)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void noIncrementIsLost(String name) throws Exception {
    int threads = 8;
    int runs = 125_000;
    String increment =
        "r1 = map[0][0]+0\nr2 = *(u64 *)(r1 +0)\nr2 += 1\n*(u64 *)(r1 +0) = r2\nr0 = 0\nexit";
    try (Engine engine = PerCpuObjects.open(name);
        BpfMap map = engine.createMap(WORD);
        LoadedProgram program = load(engine, increment, map);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        TestRun run = TestRun.of(Engines.packet(0, 64)).withRepeat(runs / 5);
        all.add(
            pool.submit(() -> {
              for (int part = 0; part < 5; part++) {
                program.testRun(run);
              }
            }));
      }
      for (Future<?> each : all) {
        each.get();
      }
      long sum = 0;
      for (int i = 0; i < engine.cpus(); i++) {
        sum += Engines.number(java.util.Objects.requireNonNull(map.lookup(FIRST, cpu(i))));
      }
      assertThat(sum).isEqualTo((long) threads * runs);
    }
  }

  @ParameterizedTest
  @Check(127)
  @CsvSource({"interp", "jit", "jit-kernel", "linux"})
  void eachRegisterTakesAnAddress(String name) {
    try (Engine engine = PerCpuObjects.open(name);
        BpfMap map = engine.createMap(WORD)) {
      map.update(FIRST, Engines.u64(1000), BpfMap.ALL_CPUS);
      for (int register = 0; register <= 9; register++) {
        assertThat(run(load(engine, allBut(register), map))).as("r%d", register).isEqualTo(1045);
      }
    }
  }

  /** Sums 0 to 9 in the other registers, and the value read through the one. */
  private static String allBut(int register) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i <= 9; i++) {
      if (i != register) {
        text.append("r%d = %d\n".formatted(i, i));
      }
    }
    text.append("r%d = map[0][0]+0\n".formatted(register));
    text.append("r%d = *(u64 *)(r%d +0)\n".formatted(register, register));
    text.append("r%d += %d\n".formatted(register, register));
    for (int i = 1; i <= 9; i++) {
      text.append("r0 += r%d\n".formatted(i));
    }
    return text.append("exit").toString();
  }

  @ParameterizedTest
  @Check(128)
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void blindedProgramsReachTheSameValues(String name) {
    try (Engine engine = PerCpuObjects.blinding(name);
        LoadedObject loaded = engine.load(object("percpu"))) {
      PerCpuObjects.runOn(loaded.program("update"), 1);
      var visited = loaded.perCpu(".percpu").onCpu(1);
      assertThat(visited.getLong("data")).isEqualTo(1);
      assertThat(visited.getLong("nums[6]")).isEqualTo(0xc0de);
      assertThat(visited.getLong("cpu_id[0]")).isEqualTo(1);
      assertThat(number(loaded, ".percpu.looooooooong", 1, 0, 4)).isEqualTo(11);
      assertThat(number(loaded, ".percpu", 0, 0, 4)).isEqualTo(0xffffffffL);
    }
  }

  @ParameterizedTest
  @Check(129)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void theNumberOfTheCpu(String name) {
    try (Engine engine = PerCpuObjects.open(name, 0, 2, 5);
        LoadedObject loaded = engine.load(object("percpu"))) {
      for (int cpu : new int[] {5, 0, 2}) {
        PerCpuObjects.runOn(loaded.program("update"), cpu);
        assertThat(number(loaded, ".percpu", cpu, 72, 4)).isEqualTo(cpu);
      }
    }
  }
}

package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The engine on the running kernel; skipped with the reason where bpf(2) is not allowed. */
class KernelEngineTest {
  private static final byte[] KEY = {0, 0, 0, 0};

  @BeforeEach
  void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  private static long insn(int code, int dst, int src, int off, int imm) {
    return InsnWord.of(code, dst, src, off, imm);
  }

  /** Adds 1 to the array's only element and returns 2. */
  private static Program counter(MapSpec map) {
    return Program.of(
        "counter",
        ProgramType.XDP,
        "GPL",
        new long[] {
          insn(0x18, 1, 2, 0, 0),
          insn(0, 0, 0, 0, 0),
          insn(0xb7, 2, 0, 0, 1),
          insn(0xdb, 1, 2, 0, 0),
          insn(0xb7, 0, 0, 0, 2),
          insn(0x95, 0, 0, 0, 0)
        },
        List.of(map));
  }

  @Test
  void programCountsInMap() {
    count();
  }

  private static void count() {
    MapSpec spec = MapSpec.of("hits", MapType.ARRAY, 4, 8, 1, 0);
    try (KernelEngine engine = Linux.kernel();
        KernelMap map = engine.createMap(spec);
        KernelProgram program = engine.load(counter(spec), List.of(map))) {
      TestRunResult result = program.testRun(TestRun.of(new byte[64]).withRepeat(10));
      assertThat(result.errno()).isZero();
      assertThat(result.retval()).isEqualTo(2);
      assertThat(result.data()).isEqualTo(new byte[64]);
      assertThat(map.lookup(KEY)).isEqualTo(new byte[] {10, 0, 0, 0, 0, 0, 0, 0});
      ProgramInfo info = program.info();
      assertThat(info.xlated()).hasSize(6);
      assertThat(InsnWord.imm(info.xlated()[0])).isEqualTo(map.id());
      assertThat(info.mapIds()).containsExactly(map.id());
    }
  }

  @Test
  void wholeLogComesBack() {
    long[] insns = new long[40_000];
    java.util.Arrays.fill(insns, insn(0xb7, 0, 0, 0, 7));
    insns[insns.length - 1] = insn(0x95, 0, 0, 0, 0);
    Program program = Program.of("long", ProgramType.SOCKET_FILTER, "GPL", insns, List.of());
    try (KernelEngine engine = Linux.kernel();
        KernelVerdict verdict = engine.judge(program, List.of(), 2)) {
      assertThat(verdict.accepted()).isTrue();
      assertThat(verdict.log()).startsWith("func#0 @0\n").contains("processed 40000 insns");
    }
  }

  @Test
  void hashElements() {
    try (KernelEngine engine = Linux.kernel();
        KernelMap map = engine.createMap(MapSpec.of("h", MapType.HASH, 4, 4, 2, 0))) {
      byte[] value = {1, 2, 3, 4};
      assertThat(map.lookup(KEY)).isNull();
      assertThat(map.nextKey(null)).isNull();
      map.update(KEY, value, BpfMap.NOEXIST);
      assertThat(map.nextKey(null)).isEqualTo(KEY);
      assertThat(map.nextKey(KEY)).isNull();
      assertThatThrownBy(() -> map.update(KEY, value, BpfMap.NOEXIST))
          .isInstanceOfSatisfying(
              BpfErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
      map.delete(KEY);
      assertThat(map.lookup(KEY)).isNull();
    }
  }

  @Test
  void perCpuValueHasAPartForEachCpu() {
    MapSpec spec = MapSpec.of("p", MapType.PERCPU_ARRAY, 4, 4, 1, 0);
    try (KernelEngine engine = Linux.kernel();
        KernelMap map = engine.createMap(spec.withInitial(new byte[] {9, 0, 0, 0}, false))) {
      byte[] expected = new byte[8 * engine.cpus()];
      for (int cpu = 0; cpu < engine.cpus(); cpu++) {
        expected[8 * cpu] = 9;
      }
      assertThat(map.lookup(KEY)).isEqualTo(expected);
    }
  }

  @Test
  void frozenMapRefusesUpdates() {
    MapSpec spec = MapSpec.of(".rodata", MapType.ARRAY, 4, 8, 1, 1 << 7);
    try (KernelEngine engine = Linux.kernel();
        KernelMap map = engine.createMap(spec.withInitial(new byte[8], true))) {
      assertThatThrownBy(() -> map.update(KEY, new byte[8], BpfMap.ANY))
          .isInstanceOf(BpfErrnoException.class)
          .hasMessage("update of map \".rodata\": EPERM");
    }
  }

  @Test
  void shortPacketIsEinval() {
    try (KernelEngine engine = Linux.kernel();
        KernelProgram program =
            engine.load(
                Program.of(
                    "p",
                    ProgramType.XDP,
                    "GPL",
                    new long[] {insn(0xb7, 0, 0, 0, 2), insn(0x95, 0, 0, 0, 0)},
                    List.of()),
                List.of())) {
      assertThatThrownBy(() -> program.testRun(TestRun.of(new byte[3])))
          .isInstanceOf(BpfErrnoException.class)
          .hasMessage("test_run of program \"p\": EINVAL");
      assertThat(program.testRun(new TestRun(new byte[64], null, 1, 20, -1, 0, 0, 0)))
          .satisfies(cut -> {
            assertThat(cut.errno()).isEqualTo(Errno.ENOSPC);
            assertThat(cut.data()).hasSize(20);
            assertThat(cut.dataSize()).isEqualTo(64);
          });
    }
  }

  @Test
  void nothingLeaks() throws IOException {
    count();
    long before = descriptors();
    for (int i = 0; i < 20; i++) {
      count();
    }
    assertThat(descriptors()).isLessThanOrEqualTo(before);
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
      return entries
          .filter(entry -> {
            try {
              return Files.readSymbolicLink(entry).toString().contains("bpf");
            } catch (IOException gone) {
              return false;
            }
          })
          .count();
    }
  }
}

package dev.skep.tests.percpu;

import static dev.skep.tests.percpu.PerCpuObjects.cpu;
import static dev.skep.tests.percpu.PerCpuObjects.runOn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.object.BpfObject;
import dev.skep.program.Dialect;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.KernelFunction;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.run.BranchSnapshot;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.testing.Check;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Last branches in per-CPU variables: examples/lbr.bpf.c with branches of this test's own. */
@Check(141)
class BranchSnapshotTest {
  /** struct perf_branch_entry. */
  private static final int RECORD = 24;

  private static final int ALL = 32 * RECORD;
  private static final int CALL = 0x85;
  private static final int CPU_SHIFT = 48;
  private static final int ROUNDS = 300;
  private static final byte[] FIRST = new byte[4];

  private static Vm open(String engine, BranchSnapshot branches) {
    VmOptions options = VmOptions.ofCpus(2).withBranches(branches);
    try {
      return switch (engine) {
        case "interp" -> Vm.interp(options);
        case "jit" -> Vm.jit(options);
        case "jit-kernel" -> Vm.jitKernel(options);
        default -> throw new IllegalArgumentException(engine);
      };
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }

  private static BpfObject example() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Path file = here.resolve("examples/lbr.bpf.o");
    return BpfObject.open(Files.exists(file) ? file : here.resolveSibling("examples/lbr.bpf.o"));
  }

  /** As many branches as asked for, up to a number: 1, 2, 3.. in all their words. */
  private static BranchSnapshot branches(int available) {
    return (cpu, records, most) -> {
      int count = Math.min(available, most);
      for (int i = 0; i < count * BranchSnapshot.WORDS; i++) {
        records[i] = i + 1;
      }
      return count;
    };
  }

  private static int snapshot(Vm vm, BpfMap map, int size, int flags) {
    String text =
        """
        r1 = map[0][0]+0
        r2 = %d
        r3 = %d
        call bpf_get_branch_snapshot#176
        exit
        """
            .formatted(size, flags);
    long[] insns = Assembler.assemble(text);
    Program program =
        Program.of("p", ProgramType.RAW_TRACEPOINT, "GPL", insns, List.of(map.spec()));
    try (LoadedProgram loaded = vm.load(program, List.of(map))) {
      return runOn(loaded, 1);
    }
  }

  private static long[] words(BpfMap map, int cpu) {
    byte[] value = Objects.requireNonNull(map.lookup(FIRST, cpu(cpu)));
    long[] words = new long[value.length / 8];
    ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
    return words;
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void sizesAndErrnos(String engine) {
    MapSpec spec = MapSpec.of(".percpu.lbrs", MapType.PERCPU_ARRAY, 4, ALL, 1, 0);
    try (Vm vm = open(engine, branches(100));
        BpfMap map = vm.createMap(spec)) {
      for (int size : new int[] {0, 1, RECORD - 1}) {
        assertThat(snapshot(vm, map, size, 0)).as("%d bytes", size).isEqualTo(-Errno.ENOENT);
      }
      assertThat(words(map, 1)).containsOnly(0);
      for (int size : new int[] {RECORD, RECORD + 1, 47, 48, 100, ALL - 1, ALL}) {
        assertThat(snapshot(vm, map, size, 0)).isEqualTo(size / RECORD * RECORD);
        long[] words = words(map, 1);
        for (int i = 0; i < words.length; i++) {
          assertThat(words[i]).isEqualTo(i < size / RECORD * 3 ? i + 1 : 0);
        }
      }
      for (int flags : new int[] {1, 8, -1}) {
        assertThat(snapshot(vm, map, ALL, flags)).isEqualTo(-Errno.EINVAL);
      }
      assertThat(words(map, 0)).containsOnly(0);
    }
    try (Vm vm = open(engine, branches(5));
        BpfMap map = vm.createMap(spec)) {
      assertThat(snapshot(vm, map, ALL, 0)).isEqualTo(5 * RECORD);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void withoutBranchesThereIsNoEntry(String engine) throws IOException {
    try (Vm vm = open(engine, BranchSnapshot.NONE);
        LoadedObject object = vm.load(example())) {
      assertThat(object.map(".percpu.lbrs").spec().valueSize()).isEqualTo(ALL);
      assertThat(runOn(object.program("snapshot"), 1)).isZero();
      assertThat(object.perCpu(".percpu").onCpu(1).getLong("lbrs_bytes")).isEqualTo(-Errno.ENOENT);
      assertThat(object.perCpu(".percpu").onCpu(0).getLong("lbrs_bytes")).isZero();
      assertThat(words(object.map(".percpu.lbrs"), 1)).containsOnly(0);
    }
  }

  /**
   * Before the snapshot come the load of the address with its mov, and two constants, then what the
   * rewrite makes of the call: no other call, and no jump that is taken.
   */
  @Test
  void nothingIsCalledBeforeTheSnapshot() throws IOException {
    BpfObject object = example();
    Program program = object.toProgram(object.program("snapshot"));
    VerifierOptions verifier = VerifierOptions.standard().withDialect(Dialect.MAINLINE);
    Verdict.Accepted accepted = (Verdict.Accepted) Verifier.verify(program, verifier);
    for (RewriteOptions options : List.of(RewriteOptions.LINUX, RewriteOptions.SEED)) {
      long[] insns = Rewriter.rewrite(accepted.program(), options).insns();
      assertThat(Arrays.stream(insns, 0, 10).mapToInt(word -> (int) word & 0xff))
          .containsExactly(0x18, 0x00, 0xbf, 0xb7, 0xb7, 0x55, 0xb4, 0x2f, 0x77, CALL);
      assertThat(InsnWord.imm(insns[9])).isEqualTo(KernelFunction.BRANCH_SNAPSHOT.number());
    }
  }

  /**
   * Every word of a CPU's records has the CPU's number, and a snapshot's records have its number.
   */
  @ParameterizedTest
  @Timeout(60)
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void recordsOfTwoCpusAreNotMixed(String engine) throws Exception {
    AtomicInteger numbers = new AtomicInteger();
    BranchSnapshot own =
        (cpu, records, most) -> {
          int number = numbers.incrementAndGet();
          int count = 1 + number % most;
          for (int i = 0; i < count * BranchSnapshot.WORDS; i++) {
            records[i] = (long) (cpu + 1) << CPU_SHIFT | number;
          }
          return count;
        };
    AtomicBoolean done = new AtomicBoolean();
    try (Vm vm = open(engine, own);
        LoadedObject object = vm.load(example());
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      BpfMap lbrs = object.map(".percpu.lbrs");
      LoadedProgram program = object.program("snapshot");
      List<Future<?>> writers = new ArrayList<>();
      List<Future<?>> readers = new ArrayList<>();
      for (int cpu = 0; cpu < 2; cpu++) {
        int mine = cpu;
        writers.add(threads.submit(() -> write(program, mine)));
        readers.add(threads.submit(() -> read(lbrs, mine, done)));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
      done.set(true);
      for (Future<?> reader : readers) {
        reader.get();
      }
      for (int cpu = 0; cpu < 2; cpu++) {
        long bytes = object.perCpu(".percpu").onCpu(cpu).getLong("lbrs_bytes");
        assertThat(bytes).isPositive().isLessThanOrEqualTo(ALL);
        assertThat(bytes % RECORD).isZero();
        long[] words = words(lbrs, cpu);
        for (int i = 0; i < bytes / 8; i++) {
          assertThat(words[i]).as("one snapshot").isEqualTo(words[0]);
        }
      }
    }
  }

  private static void write(LoadedProgram program, int cpu) {
    TestRun run = new TestRun(null, null, 1, -1, -1, 1, cpu, 0);
    for (int i = 0; i < ROUNDS; i++) {
      assertThat(program.testRun(run).retval()).isZero();
    }
  }

  private static void read(BpfMap map, int cpu, AtomicBoolean done) {
    boolean last;
    do {
      last = done.get();
      for (long word : words(map, cpu)) {
        if (word != 0) {
          assertThat(word >>> CPU_SHIFT).isEqualTo(cpu + 1L);
        }
      }
    } while (!last);
  }
}

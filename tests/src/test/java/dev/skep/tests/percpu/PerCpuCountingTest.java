package dev.skep.tests.percpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.data.PerCpu;
import dev.skep.data.TypedData;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.ProgramArray;
import dev.skep.engine.TestRun;
import dev.skep.errors.UnsupportedException;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.testing.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Eight threads on four CPUs count in plain per-CPU variables, in nested runs and behind tail
 * calls, too; nothing is lost. {@code -Dskep.increments=N} makes it about that many increments per
 * engine, as 100000000.
 */
class PerCpuCountingTest {
  private static final int THREADS = 8;
  private static final int CPUS = 4;

  /** TIMES of counting.bpf.c. */
  private static final int TIMES = 100;

  /** Programs of a run, with three counters each. */
  private static final int INCREMENTS = 3 * 3 * TIMES;

  private static final int XDP_DROP = 1;
  private static final int XDP_PASS = 2;

  /** Runs in one call, on one CPU. */
  private static final int REPEAT = 20;

  private final AtomicReference<@Nullable LoadedProgram> inner = new AtomicReference<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicInteger counting = new AtomicInteger(THREADS);
  private final AtomicLong looks = new AtomicLong();

  private Engine open(String engine) {
    VmOptions options =
        VmOptions.ofCpus(CPUS)
            .withHelper("bpf_get_numa_node_id", (cpu, r1, r2, r3, r4, r5) -> nested());
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

  private long nested() {
    LoadedProgram program = Objects.requireNonNull(inner.get());
    assertThat(program.testRun(TestRun.of(new byte[64])).retval()).isEqualTo(XDP_DROP);
    return 0;
  }

  @Check(140)
  @Timeout(600)
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void nothingIsLost(String name) throws InterruptedException {
    long wanted = Long.getLong("skep.increments", 1_500_000);
    long calls = Math.ceilDiv(wanted, (long) INCREMENTS * REPEAT * THREADS);
    try (Engine engine = open(name);
        LoadedObject object = engine.load(PerCpuObjects.object("counting"))) {
      inner.set(object.program("inner"));
      ProgramArray jumps = object.map("jumps").programArray();
      jumps.set(0, object.program("last"));
      List<Thread> threads = new ArrayList<>();
      threads.add(start(() -> read(object)));
      threads.add(start(() -> read(object)));
      for (int i = 0; i < THREADS; i++) {
        threads.add(start(() -> count(object.program("outer"), calls)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(failure.get()).isNull();
      check(object, calls * THREADS * REPEAT * TIMES);
    }
    assertThat(looks.get()).isPositive();
  }

  private Thread start(Runnable work) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            work.run();
          } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
          }
        });
  }

  private void count(LoadedProgram program, long calls) {
    try {
      TestRun run = TestRun.of(new byte[64]).withRepeat(REPEAT);
      for (long i = 0; i < calls; i++) {
        assertThat(program.testRun(run).retval()).isEqualTo(XDP_PASS);
      }
    } finally {
      counting.decrementAndGet();
    }
  }

  /** Both halves of "pair" are always the same, and no counter ever goes back. */
  private void read(LoadedObject object) {
    PerCpu<TypedData> counters = object.perCpu(".percpu");
    long[] seen = new long[CPUS];
    boolean last;
    do {
      last = counting.get() == 0;
      for (int cpu = 0; cpu < CPUS; cpu++) {
        long pair = counters.onCpu(cpu).getLong("pair");
        assertThat((int) pair).isEqualTo((int) (pair >>> 32));
        long all = counters.onCpu(cpu).getLong("all");
        assertThat(all).isGreaterThanOrEqualTo(seen[cpu]);
        seen[cpu] = all;
        looks.incrementAndGet();
      }
    } while (!last);
  }

  private static void check(LoadedObject object, long each) {
    PerCpu<TypedData> counters = object.perCpu(".percpu");
    PerCpu<TypedData> more = object.perCpu(".percpu.more");
    assertThat(counters.sum(cpu -> cpu.getLong("all"))).isEqualTo(3 * each);
    assertThat(counters.sum(cpu -> cpu.getLong("pair") >>> 32)).isEqualTo(3 * each);
    for (String counter : List.of("before", "inside", "behind")) {
      assertThat(more.sum(cpu -> cpu.getLong(counter))).as(counter).isEqualTo(each);
    }
    for (int cpu = 0; cpu < CPUS; cpu++) {
      long parts = 0;
      for (String counter : List.of("before", "inside", "behind")) {
        parts += more.onCpu(cpu).getLong(counter);
      }
      assertThat(counters.onCpu(cpu).getLong("all")).isEqualTo(parts);
    }
  }
}

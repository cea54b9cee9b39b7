package dev.skep.bench;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.TestRun;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The benchmarks of the userspace engine. Each line has nanoseconds per unit (best and median of
 * the rounds) for Skep and for the running kernel, measured in turn, and their ratio. Argument: the
 * repository's root.
 */
public final class Bench {
  private static final int ROUNDS = 15;
  private static final int REPEAT = 1_000_000;
  private static final byte[] PACKET = new byte[64];

  private final Path root;
  private final Engine vm;
  private final @Nullable Engine kernel;
  private final List<AutoCloseable> open = new ArrayList<>();

  private Bench(Path root, Engine vm, @Nullable Engine kernel) {
    this.root = root;
    this.vm = vm;
    this.kernel = kernel;
  }

  public static void main(String[] args) throws Exception {
    Path root = Path.of(args.length > 0 ? args[0] : ".");
    KernelEngine.Availability availability = KernelEngine.available();
    if (!availability.available()) {
      System.out.println("no kernel beside: " + availability.reason());
    }
    try (Engine vm = Vm.jit(VmOptions.standard());
        Engine kernel = availability.available() ? KernelEngine.host() : null) {
      new Bench(root, vm, kernel).run();
    }
  }

  private void run() throws Exception {
    System.out.printf(
        "%-44s %17s   %17s   %s%n", "ns per unit", "skep  min/median", "linux min/median", "ratio");
    Path increments = root.resolve("bench/objects/increments.bpf.o");
    fromJava(increments);
    batch("empty, native packet loop", increments, "empty", 1);
    repeat("empty, repeat", increments, "empty", 1);
    repeat("array increment", increments, "increment_array", 1);
    repeat("array increment, one of 32", increments, "increment_array_32", 32);
    repeat("per-cpu array increment", increments, "increment_percpu_array", 1);
    repeat("per-cpu array increment, one of 32", increments, "increment_percpu_array_32", 32);
    repeat("hash increment", increments, "increment_hash", 1);
    example();
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
  }

  private LoadedProgram load(Engine engine, Path object, String program) {
    LoadedObject loaded = engine.load(BpfObject.open(object));
    open.add(loaded);
    BpfMap hash = loaded.maps().get("hash");
    if (hash != null) {
      hash.update(new byte[4], new byte[8], BpfMap.ANY);
    }
    return loaded.program(program);
  }

  private static Measure.Round repeated(LoadedProgram program, int units) {
    TestRun run = TestRun.of(PACKET).withRepeat(REPEAT / units);
    return () -> {
      long start = System.nanoTime();
      program.testRun(run);
      return (double) (System.nanoTime() - start) / REPEAT;
    };
  }

  /** By the kernel's own clock, which leaves out the time in which it lets others run. */
  private static Measure.@Nullable Round inKernel(@Nullable LoadedProgram program, int units) {
    TestRun run = TestRun.of(PACKET).withRepeat(REPEAT / units);
    return program == null ? null : () -> (double) program.testRun(run).durationNanos() / units;
  }

  private @Nullable LoadedProgram inKernel(Path object, String program) {
    return kernel == null ? null : load(kernel, object, program);
  }

  private static Measure.Round batched(LoadedProgram program, PacketBatch batch, int times) {
    return () -> {
      long nanos = 0;
      for (int i = 0; i < times; i++) {
        nanos += program.run(batch);
      }
      return (double) nanos / ((double) times * batch.count());
    };
  }

  private void repeat(String name, Path object, String program, int units) {
    Measure.Round ours = repeated(load(vm, object, program), units);
    print(name, ours, inKernel(inKernel(object, program), units));
  }

  private void batch(String name, Path object, String program, int units) {
    PacketBatch batch = new PacketBatch();
    for (int i = 0; i < 256; i++) {
      batch.add(PACKET);
    }
    Measure.Round ours = batched(load(vm, object, program), batch, 2000);
    print(name, ours, inKernel(inKernel(object, program), units));
  }

  /** One call of the engine per run, from a loop in Java. */
  private void fromJava(Path object) {
    LoadedProgram program = load(vm, object, "empty");
    int calls = 10_000_000 / ROUNDS;
    Measure.Round ours =
        () -> {
          try (var prepared = program.prepare(TestRun.of(PACKET))) {
            long start = System.nanoTime();
            long sum = 0;
            for (int i = 0; i < calls; i++) {
              sum += prepared.run();
            }
            long nanos = System.nanoTime() - start;
            if (sum != 2L * calls) {
              throw new IllegalStateException("sum of return values is " + sum);
            }
            return (double) nanos / calls;
          }
        };
    print("empty, called from Java", ours, inKernel(inKernel(object, "empty"), 1));
  }

  /**
   * The dispatcher over its capture; the kernel runs the variant that counts in a per-CPU array.
   */
  private void example() {
    PacketBatch batch = Capture.read(root.resolve("examples/traffic.pcap"));
    Path kernelObject = root.resolve("bench/objects/dispatch-map.bpf.o");
    LoadedProgram ours = load(vm, root.resolve("examples/dispatch.bpf.o"), "parse");
    LoadedProgram same = load(vm, kernelObject, "parse");
    LoadedProgram theirs = kernel == null ? null : load(kernel, kernelObject, "parse");
    Measure.Round kernelRound = theirs == null ? null : perPacket(theirs, batch);
    print("dispatch example, per packet", batched(ours, batch, 100), kernelRound);
    print("dispatch, counting in a map, per packet", batched(same, batch, 100), kernelRound);
  }

  /**
   * The kernel takes one packet per test_run: each is repeated, and the mean over the capture is
   * taken.
   */
  private static Measure.Round perPacket(LoadedProgram program, PacketBatch batch) {
    return () -> {
      double nanos = 0;
      int taken = 0;
      for (int i = 0; i < batch.count(); i += 13) {
        nanos += program.testRun(TestRun.of(batch.packet(i)).withRepeat(1000)).durationNanos();
        taken++;
      }
      return nanos / taken;
    };
  }

  private static void print(String name, Measure.Round ours, Measure.@Nullable Round theirs) {
    if (theirs == null) {
      Measure.Result result = Measure.interleaved(ROUNDS, ours)[0];
      System.out.printf("%-44s %s%n", name, result.text());
      return;
    }
    Measure.Result[] results = Measure.interleaved(ROUNDS, ours, theirs);
    System.out.printf(
        "%-44s %s   %s   %5.2f%n",
        name, results[0].text(), results[1].text(), results[0].median() / results[1].median());
  }
}

package dev.skep.bench;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.TestRun;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What counting costs: increments of per-CPU variables, of elements of arrays and of hash maps,
 * atomic and not, and updates of hash maps, once and 32 times a run, in every engine, in the
 * running kernel and as C has it, all in turn in each round.
 *
 * <pre>
 *   PerCpuBench [--rounds N] [-o json] ROOT
 * </pre>
 */
public final class PerCpuBench {
  private static final byte[] PACKET = new byte[64];
  private static final int XDP_PASS = 2;
  private static final int ELEMENTS = 64;

  private static final List<String> VARIABLES =
      List.of("variable", "variable_anew", "variable_atomic");
  private static final List<String> MAPS =
      List.of(
          "percpu_array",
          "percpu_array_atomic",
          "array",
          "array_atomic",
          "hash_lookup",
          "hash_update");

  private final BenchArguments arguments;
  private final List<PerCpuContender> contenders = new ArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  private PerCpuBench(BenchArguments arguments) {
    this.arguments = arguments;
  }

  public static void main(String[] args) throws Exception {
    BenchArguments arguments = BenchArguments.parse(args);
    PerCpuBench bench = new PerCpuBench(arguments);
    bench.gather();
    bench.measure();
    bench.close();
    System.out.print(arguments.json() ? bench.json() : bench.table());
  }

  private void gather() {
    VmOptions options = VmOptions.ofCpus(1);
    for (Engine engine : List.of(Vm.jit(options), Vm.jitKernel(options), Vm.interp(options))) {
      open.add(engine);
      add(engine, "percpu.bpf.o", VARIABLES, false);
      add(engine, "percpu-maps.bpf.o", MAPS, false);
    }
    KernelEngine.Availability availability = KernelEngine.available();
    if (availability.available()) {
      Engine kernel = KernelEngine.host();
      open.add(kernel);
      addVariables(kernel);
      add(kernel, "percpu-maps.bpf.o", MAPS, true);
    } else {
      System.err.println("linux is not measured: " + availability.reason());
    }
    Path library = arguments.root().resolve("bench/native/thread-local.so").toAbsolutePath();
    for (String kind : List.of("pointer", "thread_local")) {
      contender(
          "c",
          kind.equals("pointer") ? "variable" : "variable_anew",
          new NativeLoop(library, "increment_" + kind, (units, times) -> units * times)::nanos);
    }
  }

  /** Kernels before {@code .percpu} refuse them. */
  private void addVariables(Engine kernel) {
    try {
      add(kernel, "percpu.bpf.o", VARIABLES, true);
    } catch (RuntimeException refused) {
      System.err.println("linux has no per-CPU variables: " + refused.getMessage());
    }
  }

  private void add(Engine engine, String file, List<String> operations, boolean ownClock) {
    Path path = arguments.root().resolve("bench/objects").resolve(file);
    LoadedObject object = engine.load(BpfObject.open(path));
    open.add(object);
    BpfMap hash = object.maps().get("hash");
    for (int i = 0; hash != null && i < ELEMENTS; i++) {
      hash.update(TailCallChain.bytes(i), new byte[Long.BYTES], BpfMap.ANY);
    }
    for (String operation : operations) {
      contender(
          engine.name(),
          operation,
          (units, times) -> nanos(object, operation + "_" + units, times, ownClock));
    }
  }

  /** Nanoseconds per run, by Java's clock around many or by the kernel's own. */
  private static double nanos(LoadedObject object, String program, int times, boolean ownClock) {
    TestRun run = TestRun.of(PACKET).withRepeat(times);
    long start = System.nanoTime();
    var result = object.program(program).testRun(run);
    long nanos = System.nanoTime() - start;
    if (result.retval() != XDP_PASS) {
      throw new IllegalStateException(program + " returned " + result.retval());
    }
    return ownClock ? result.durationNanos() : (double) nanos / times;
  }

  private void contender(String engine, String operation, PerCpuContender.Timer timer) {
    contenders.add(new PerCpuContender(engine, operation, timer, arguments.rounds()));
  }

  private void measure() {
    List<int[]> times = new ArrayList<>();
    for (PerCpuContender each : contenders) {
      times.add(each.prepare());
    }
    for (int round = 0; round < arguments.rounds(); round++) {
      for (int i = 0; i < contenders.size(); i++) {
        contenders.get(i).measure(round, times.get(i));
      }
    }
  }

  private void close() throws Exception {
    Collections.reverse(open);
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private String table() {
    StringBuilder out = new StringBuilder();
    out.append("operation            engine        1 a run  32 a run   ns each      best\n");
    for (PerCpuContender each : contenders) {
      out.append(
          String.format(
              Locale.ROOT,
              "%-20s %-10s %10.2f %9.2f %9.2f %9.2f%n",
              each.operation(),
              each.engine(),
              each.perRun(0),
              each.perRun(1),
              each.perOperation(),
              each.bestPerOperation()));
    }
    return out.toString();
  }

  private String json() {
    StringBuilder out = new StringBuilder("{\"operations\":[");
    for (PerCpuContender each : contenders) {
      out.append(out.charAt(out.length() - 1) == '[' ? "\n" : ",\n")
          .append(
              String.format(
                  Locale.ROOT,
                  "{\"operation\":\"%s\",\"engine\":\"%s\",\"ns_per_run\":{\"1\":%.2f,\"32\":%.2f},"
                      + "\"ns_per_operation\":%.3f,\"best\":%.3f}",
                  each.operation(),
                  each.engine(),
                  each.perRun(0),
                  each.perRun(1),
                  each.perOperation(),
                  each.bestPerOperation()));
    }
    return out.append("]}\n").toString();
  }
}

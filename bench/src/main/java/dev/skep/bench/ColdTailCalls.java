package dev.skep.bench;

import dev.skep.engine.Engine;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The case that the static form is made for: so many arrays and programs that headers of maps and
 * struct bpf_prog are not in the cache when a tail call needs them. The same chains are measured
 * from few programs, which stay in the cache, to many.
 */
final class ColdTailCalls {
  private static final int LINE = 64;
  private static final int FEWEST = 64;
  private static final int ROUNDS = 11;
  private static final int MOST_RUNS = 8192;

  private ColdTailCalls() {}

  /**
   * Static and dynamic form beside each other.
   *
   * @param programs how many, and as many arrays
   */
  record Result(int programs, Measure.Result fixed, Measure.Result dynamic) {
    static final String HEAD =
        String.format(
            "%ncold: kernel layout, %d hops a run over so many arrays and programs in random order,"
                + " ns a hop%n%9s %8s %8s %8s%n",
            ColdChain.HOPS, "programs", "static", "dynamic", "ratio");

    String line() {
      return String.format(
          Locale.ROOT,
          "%9d %8.2f %8.2f %8.2f%n",
          programs,
          fixed.median(),
          dynamic.median(),
          dynamic.median() / fixed.median());
    }

    String json() {
      return String.format(
          Locale.ROOT,
          "{\"programs\":%d,\"static_ns_per_hop\":%.3f,\"dynamic_ns_per_hop\":%.3f}",
          programs,
          fixed.median(),
          dynamic.median());
    }
  }

  /** Cache lines of maps and programs that a hop reads, in the order direct, static, dynamic. */
  static String lines() {
    long slot = BpfArrayLayout.PTRS + 8L * ColdChain.SLOT;
    long header = BpfMapLayout.MAX_ENTRIES / LINE == slot / LINE ? 0 : 1;
    return String.format(
        "lines of maps and programs that a hop reads: direct 0, static 1 (cached target),"
            + " dynamic %d (max_entries, slot, bpf_func)%n",
        header + 2);
  }

  static List<Result> measure(BenchArguments arguments) {
    List<Result> results = new ArrayList<>();
    for (int programs = FEWEST; programs <= arguments.cold(); programs *= 4) {
      results.add(measure(programs));
    }
    return results;
  }

  private static Result measure(int programs) {
    try (Engine engine = Vm.jitKernel(VmOptions.ofCpus(1));
        ColdChain fixed = new ColdChain(engine, TailCallText.TWO_PATHS, programs);
        ColdChain dynamic = new ColdChain(engine, TailCallText.TWO_ARRAYS, programs)) {
      int runs = Math.clamp(programs, 2048, MOST_RUNS);
      Measure.Result[] both =
          Measure.interleaved(
              ROUNDS, () -> fixed.nanosPerHop(runs), () -> dynamic.nanosPerHop(runs));
      return new Result(programs, both[0], both[1]);
    }
  }
}

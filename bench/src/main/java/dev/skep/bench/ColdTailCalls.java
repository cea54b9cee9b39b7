package dev.skep.bench;

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
  private static final int ROUNDS = 101;
  private static final double NANOS_PER_MEASUREMENT = 1e6;

  private ColdTailCalls() {}

  /**
   * The three forms beside each other, in nanoseconds per hop.
   *
   * @param programs how many, and as many arrays
   */
  record Result(int programs, double direct, double fixed, double dynamic) {
    static String head() {
      return String.format(
          "%ncold: kernel layout, %d hops a run over so many arrays and programs in random order,"
              + " ns a hop%n%9s %8s %8s %8s  dynamic / static%n",
          ColdChain.HOPS, "programs", "direct", "static", "dynamic");
    }

    String line() {
      return String.format(
          Locale.ROOT,
          "%9d %8.2f %8.2f %8.2f  %8.2f%n",
          programs,
          direct,
          fixed,
          dynamic,
          dynamic / fixed);
    }

    String json() {
      return String.format(
          Locale.ROOT,
          "{\"programs\":%d,\"direct\":%.3f,\"static\":%.3f,\"dynamic\":%.3f}",
          programs,
          direct,
          fixed,
          dynamic);
    }
  }

  /** Cache lines of maps and programs that a hop reads. */
  static String lines() {
    long slot = BpfArrayLayout.PTRS + 8L * ColdChain.SLOT;
    int arrayLines = BpfMapLayout.MAX_ENTRIES / LINE == slot / LINE ? 1 : 2;
    return String.format(
        "cache lines of maps and programs that a hop reads: direct 0, static 1 (the cached target),"
            + " dynamic %d (max_entries, the slot, bpf_func)%n",
        arrayLines + 1);
  }

  static List<Result> measure(BenchArguments arguments) {
    List<Result> results = new ArrayList<>();
    for (int programs = FEWEST; programs <= arguments.cold(); programs *= 4) {
      results.add(measure(programs));
    }
    return results;
  }

  private static Result measure(int programs) {
    try (Vm engine = Vm.jitKernel(VmOptions.ofCpus(1));
        ColdChain direct = new ColdChain(engine, TailCallText.CONSTANT, programs);
        ColdChain fixed = new ColdChain(engine, TailCallText.TWO_PATHS, programs);
        ColdChain dynamic = new ColdChain(engine, TailCallText.TWO_ARRAYS, programs)) {
      Measure.Result[] all =
          Measure.interleaved(ROUNDS, round(direct), round(fixed), round(dynamic));
      return new Result(programs, all[0].median(), all[1].median(), all[2].median());
    }
  }

  /** A round is short, as those of the warm chains are; the next one goes on where it ended. */
  private static Measure.Round round(ColdChain chain) {
    double each = chain.nanosPerHop(1000) * ColdChain.HOPS;
    int runs = (int) Math.clamp(NANOS_PER_MEASUREMENT / each, 20, 4000);
    return () -> chain.nanosPerHop(runs);
  }
}

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

  private ColdTailCalls() {}

  /**
   * The three forms beside each other, in nanoseconds per hop.
   *
   * @param programs how many, and as many arrays
   */
  record Result(int programs, Measure.Result direct, Measure.Result fixed, Measure.Result dynamic) {
    static String head() {
      return String.format(
          "%ncold: kernel layout, %d hops a run over so many arrays and programs in random order,"
              + " ns a hop%n"
              + "%9s %17s %17s %17s  dynamic / static%n"
              + "%9s %17s %17s %17s%n",
          ColdChain.HOPS,
          "programs",
          "direct",
          "static",
          "dynamic",
          "",
          "min   median",
          "min   median",
          "min   median");
    }

    String line() {
      return String.format(
          Locale.ROOT,
          "%9d %s %s %s  %8.2f %8.2f%n",
          programs,
          direct.text(),
          fixed.text(),
          dynamic.text(),
          dynamic.min() / fixed.min(),
          dynamic.median() / fixed.median());
    }

    String json() {
      return String.format(
          Locale.ROOT,
          "{\"programs\":%d,\"direct\":%s,\"static\":%s,\"dynamic\":%s}",
          programs,
          json(direct),
          json(fixed),
          json(dynamic));
    }

    private static String json(Measure.Result result) {
      return String.format(
          Locale.ROOT, "{\"min\":%.3f,\"median\":%.3f}", result.min(), result.median());
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
          Measure.interleaved(
              ROUNDS, round(direct, programs), round(fixed, programs), round(dynamic, programs));
      return new Result(programs, all[0], all[1], all[2]);
    }
  }

  /** A round goes on where the one before it ended. */
  private static Measure.Round round(ColdChain chain, int programs) {
    int runs = Math.clamp(programs / 16, 1000, 4000);
    return () -> chain.nanosPerHop(runs);
  }
}

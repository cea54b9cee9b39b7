package dev.skep.cli;

import java.util.Arrays;
import java.util.List;

/**
 * Times things in rounds, in turn, so that noise of a shared machine meets all of them alike. What
 * counts is the best and the median round.
 */
final class Rounds {
  /** What a thing does before it is measured: the JVM compiles, caches fill. */
  private static final long WARM_UP_NANOS = 300_000_000;

  /** Something that can be done many times. */
  interface Work {
    /** Does it {@code times} times; returns the nanoseconds that it took. */
    long nanos(int times);
  }

  /** Nanoseconds per unit of work. */
  record Result(double min, double median) {
    Result per(double units) {
      return new Result(min / units, median / units);
    }
  }

  private Rounds() {}

  /** Does it for a while without measuring. */
  static void warmUp(Work work, int times) {
    long start = System.nanoTime();
    do {
      work.nanos(times);
    } while (System.nanoTime() - start < WARM_UP_NANOS);
  }

  /**
   * How many times make a round of about that long.
   *
   * @param most limit of the result
   */
  static int times(Work work, long nanosPerRound, int most) {
    int times = 1;
    while (times < most) {
      long nanos = Math.max(1, work.nanos(times));
      if (nanos >= nanosPerRound / 2) {
        return (int) Math.clamp((double) times * nanosPerRound / nanos, 1, most);
      }
      times = (int) Math.min(most, times * 2L);
    }
    return most;
  }

  /** One thing and how often it is done in a round. */
  record Part(Work work, int times) {}

  /** The results in the order of the parts. */
  static List<Result> interleaved(int rounds, List<Part> parts) {
    double[][] nanos = new double[parts.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < parts.size(); i++) {
        Part part = parts.get(i);
        nanos[i][round] = (double) part.work().nanos(part.times()) / part.times();
      }
    }
    return Arrays.stream(nanos).map(Rounds::result).toList();
  }

  private static Result result(double[] nanos) {
    Arrays.sort(nanos);
    int middle = nanos.length / 2;
    double median = nanos.length % 2 == 1 ? nanos[middle] : (nanos[middle - 1] + nanos[middle]) / 2;
    return new Result(nanos[0], median);
  }
}

package dev.skep.bench;

import java.util.Arrays;

/** Times a piece of work in many rounds; the machine's noise is in the slow ones. */
final class Stopwatch {
  /** What is timed: {@code runs} runs of something. */
  @FunctionalInterface
  interface Work {
    /** Does it; the result keeps the compiler from dropping the work. */
    long run(int runs);
  }

  /**
   * Nanoseconds per run.
   *
   * @param min of the fastest round
   * @param median of the middle one
   */
  record Result(double min, double median) {
    @Override
    public String toString() {
      return "%8.2f %8.2f".formatted(min, median);
    }
  }

  private Stopwatch() {}

  static Result time(int rounds, int runs, Work work) {
    double[] nanos = new double[rounds];
    long sum = 0;
    // As many rounds again beforehand, so that the JVM has compiled everything.
    for (int round = -rounds; round < rounds; round++) {
      long start = System.nanoTime();
      sum += work.run(runs);
      long end = System.nanoTime();
      if (round >= 0) {
        nanos[round] = (end - start) / (double) runs;
      }
    }
    Arrays.sort(nanos);
    if (sum == Long.MIN_VALUE + 1) {
      System.out.println(sum); // never, but the compiler cannot know
    }
    return new Result(nanos[0], nanos[rounds / 2]);
  }
}

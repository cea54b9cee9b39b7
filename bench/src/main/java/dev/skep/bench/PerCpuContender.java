package dev.skep.bench;

import java.util.Arrays;

/**
 * One operation on one engine, and what was measured of it: runs of one and of 32 operations.
 *
 * @param engine as the command line names it; "c" for the native increments
 * @param operation its name
 */
record PerCpuContender(String engine, String operation, Timer timer, double[][] nanos) {
  /** Operations per run. */
  static final int[] UNITS = {1, 32};

  private static final double NANOS_PER_MEASUREMENT = 4e5;

  /** Runs it. */
  interface Timer {
    /** Nanoseconds per run of {@code units} operations, of {@code times} runs. */
    double nanos(int units, int times);
  }

  PerCpuContender(String engine, String operation, Timer timer, int rounds) {
    this(engine, operation, timer, new double[UNITS.length][rounds]);
  }

  /** Warms up, and finds how many runs take long enough to be measured. */
  int[] prepare() {
    int[] times = new int[UNITS.length];
    for (int i = 0; i < UNITS.length; i++) {
      double each = timer.nanos(UNITS[i], 5000);
      for (int again = 0; again < 5; again++) {
        each = Math.min(each, timer.nanos(UNITS[i], 5000));
      }
      each = Math.max(1, each);
      times[i] = (int) Math.clamp(NANOS_PER_MEASUREMENT / each, 100, 2_000_000);
    }
    return times;
  }

  void measure(int round, int[] times) {
    for (int i = 0; i < UNITS.length; i++) {
      nanos[i][round] = timer.nanos(UNITS[i], times[i]);
    }
  }

  /** The median time of runs, in nanoseconds. */
  double perRun(int which) {
    return Measure.median(nanos[which].clone());
  }

  /** The median of what an operation more costs, by each round's two runs. */
  double perOperation() {
    double[] slopes = new double[nanos[0].length];
    for (int round = 0; round < slopes.length; round++) {
      slopes[round] = (nanos[1][round] - nanos[0][round]) / (UNITS[1] - UNITS[0]);
    }
    return Measure.median(slopes);
  }

  /** The same by the fastest rounds, which nothing has disturbed. */
  double bestPerOperation() {
    return (least(1) - least(0)) / (UNITS[1] - UNITS[0]);
  }

  private double least(int which) {
    return Arrays.stream(nanos[which]).min().orElseThrow();
  }
}

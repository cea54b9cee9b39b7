package dev.skep.bench;

import java.util.Arrays;

/**
 * Times one thing in rounds; what counts is the best and the median round, since the machine is
 * shared.
 */
final class Measure {
  /** One round: does the work, returns nanoseconds per unit. */
  interface Round {
    double nanosPerUnit();
  }

  record Result(double min, double median) {
    String text() {
      return String.format("%8.2f %8.2f", min, median);
    }
  }

  private Measure() {}

  /** Runs several things in turn, round by round, so that noise meets all of them alike. */
  static Result[] interleaved(int rounds, Round... things) {
    double[][] nanos = new double[things.length][rounds];
    for (Round thing : things) {
      thing.nanosPerUnit();
      thing.nanosPerUnit();
    }
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < things.length; i++) {
        nanos[i][round] = things[i].nanosPerUnit();
      }
    }
    Result[] results = new Result[things.length];
    for (int i = 0; i < things.length; i++) {
      double median = median(nanos[i]);
      results[i] = new Result(nanos[i][0], median);
    }
    return results;
  }

  /** The middle value; sorts them. */
  static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}

package dev.skep.bench;

import java.util.Arrays;

/**
 * One way to run chains of tail calls, and what was measured of it.
 *
 * @param engine as the command line names it; "c" for the native chain
 * @param layout whose frames and calls the machine code has
 * @param form of the tail calls
 * @param text of the programs
 */
record TailCallContender(
    String engine, String layout, String form, TailCallText text, Timer timer) {
  /** Lengths of the chains. */
  static final int[] HOPS = {1, 4, 8, TailCallChain.LENGTH};

  private static final int SHORT = 1;
  private static final int LONGEST = HOPS.length - 1;

  /** Runs a chain. */
  interface Timer {
    /** Nanoseconds per run of a chain of {@code hops}, of {@code times} runs. */
    double nanos(int hops, int times);
  }

  /** Times of all chains in all rounds. */
  static final class Times {
    private final double[][] nanos;
    private final int[] repeats = new int[HOPS.length];

    Times(int rounds) {
      nanos = new double[HOPS.length][rounds];
    }

    /** Warms up, and finds how many runs take that long. */
    void prepare(Timer timer, double nanosPerRound) {
      for (int i = 0; i < HOPS.length; i++) {
        timer.nanos(HOPS[i], 5000);
        double each = Math.max(1, timer.nanos(HOPS[i], 5000));
        repeats[i] = (int) Math.clamp(nanosPerRound / each, 100, 2_000_000);
      }
    }

    void measure(Timer timer, int round) {
      for (int i = 0; i < HOPS.length; i++) {
        nanos[i][round] = timer.nanos(HOPS[i], repeats[i]);
      }
    }

    /** The median of a chain's times, in nanoseconds per run. */
    double perRun(int chain) {
      return Measure.median(nanos[chain].clone());
    }

    /**
     * The median of what a hop more costs, by each round's longest and shortest chain: how long one
     * hop waits for the one before it.
     */
    double perHop() {
      return slope(LONGEST);
    }

    /**
     * The same by chains so short that the CPU works at several runs at once: how much work a hop
     * is.
     */
    double perShortHop() {
      return slope(SHORT);
    }

    private double slope(int chain) {
      double[] slopes = new double[nanos[0].length];
      for (int round = 0; round < slopes.length; round++) {
        slopes[round] = (nanos[chain][round] - nanos[0][round]) / (HOPS[chain] - HOPS[0]);
      }
      return Measure.median(slopes);
    }

    /** The same by the fastest rounds, which nothing has disturbed. */
    double bestPerHop() {
      return (least(LONGEST) - least(0)) / (HOPS[LONGEST] - HOPS[0]);
    }

    private double least(int chain) {
      return Arrays.stream(nanos[chain]).min().orElseThrow();
    }
  }

  /** Whether the index of the tail calls is a constant. */
  boolean constantIndex() {
    return text == TailCallText.CONSTANT;
  }
}

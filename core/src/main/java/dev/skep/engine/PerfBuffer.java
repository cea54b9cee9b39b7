package dev.skep.engine;

import java.time.Duration;

/**
 * The consumer's side of a perf_event_array: one ring per CPU, filled by bpf_perf_event_output. One
 * consumer at a time.
 */
public interface PerfBuffer extends AutoCloseable {
  /** Takes samples. */
  interface Consumer {
    /**
     * @param cpu the number of the CPU that the program ran on
     * @param data the raw sample as perf stores it: a copy, padded to an end at 4 bytes behind a
     *     multiple of 8
     */
    void sample(int cpu, byte[] data);

    /**
     * @param count samples that found no room since the last report
     */
    default void lost(int cpu, long count) {}
  }

  /**
   * Hands over what is in the rings by now, CPU by CPU, each in order.
   *
   * @return how many samples were handed over
   */
  int consume(Consumer consumer);

  /**
   * As {@link #consume}, but waits for the first sample.
   *
   * @param timeout how long at most
   */
  int poll(Duration timeout, Consumer consumer);

  /** Ends the reading and empties the map's slots. */
  @Override
  void close();
}

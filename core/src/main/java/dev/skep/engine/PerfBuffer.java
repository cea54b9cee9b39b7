package dev.skep.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  /** Takes samples where they lie in the ring. */
  @FunctionalInterface
  interface View {
    /**
     * @param cpu the number of the CPU that the program ran on
     * @param data the raw sample from position to limit, as {@link Consumer#sample} describes it,
     *     little-endian and read-only. The same buffer serves every sample: what it shows is this
     *     one only until the call returns.
     */
    void sample(int cpu, ByteBuffer data);

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

  /** As {@link #consume}, without a copy where the engine can: nothing is allocated per sample. */
  default int consumeInPlace(View view) {
    return consume(copying(view));
  }

  /** As {@link #consumeInPlace}, but waits for the first sample. */
  default int pollInPlace(Duration timeout, View view) {
    return poll(timeout, copying(view));
  }

  private static Consumer copying(View view) {
    return new Consumer() {
      @Override
      public void sample(int cpu, byte[] data) {
        ByteBuffer bytes = ByteBuffer.wrap(data).asReadOnlyBuffer();
        view.sample(cpu, bytes.order(ByteOrder.LITTLE_ENDIAN));
      }

      @Override
      public void lost(int cpu, long count) {
        view.lost(cpu, count);
      }
    };
  }

  /** Ends the reading and empties the map's slots. */
  @Override
  void close();
}

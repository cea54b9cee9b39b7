package dev.skep.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;

/** The consumer's side of a BPF ring buffer. One consumer at a time. */
public interface RingBuffer extends AutoCloseable {
  /** Takes one record. */
  @FunctionalInterface
  interface Consumer {
    /**
     * @param record the payload, a copy
     * @return false to stop after this record
     */
    boolean accept(byte[] record);
  }

  /** Takes one record where it lies in the ring. */
  @FunctionalInterface
  interface View {
    /**
     * @param record the payload from position to limit, little-endian and read-only. The same
     *     buffer serves every record: what it shows is this record only until the call returns.
     * @return false to stop after this record
     */
    boolean accept(ByteBuffer record);
  }

  /**
   * Hands over all records that are committed by now, in order. A record counts as taken once the
   * consumer has it, also when the consumer throws.
   *
   * @return how many were handed over
   * @throws IllegalStateException if the reader or its map is closed
   */
  int consume(Consumer consumer);

  /**
   * As {@link #consume}, but waits for the first record.
   *
   * @param timeout how long at most
   */
  int poll(Duration timeout, Consumer consumer);

  /** As {@link #consume}, without a copy where the engine can: nothing is allocated per record. */
  default int consumeInPlace(View view) {
    return consume(record -> view.accept(view(record)));
  }

  /** As {@link #consumeInPlace}, but waits for the first record. */
  default int pollInPlace(Duration timeout, View view) {
    return poll(timeout, record -> view.accept(view(record)));
  }

  private static ByteBuffer view(byte[] record) {
    return ByteBuffer.wrap(record).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Ends the reading; the map and its records stay. */
  @Override
  void close();
}

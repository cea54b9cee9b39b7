package dev.skep.engine;

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

  /**
   * Hands over all records that are committed by now, in order.
   *
   * @return how many were handed over
   */
  int consume(Consumer consumer);

  /**
   * As {@link #consume}, but waits for the first record.
   *
   * @param timeout how long at most
   */
  int poll(Duration timeout, Consumer consumer);

  /** Ends the reading; the map and its records stay. */
  @Override
  void close();
}

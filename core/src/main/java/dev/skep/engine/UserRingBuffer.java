package dev.skep.engine;

import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The producer's side of a BPF_MAP_TYPE_USER_RINGBUF, whose records programs take by
 * bpf_user_ringbuf_drain. Safe for threads; records are taken in the order of their reservation.
 */
public interface UserRingBuffer extends AutoCloseable {
  /** Room for one record, to be given back by exactly one of its two ends. */
  interface Sample {
    /**
     * The payload, little-endian, with what was there before; not to be used after {@link #submit}
     * or {@link #discard}.
     */
    ByteBuffer data();

    /** Lets programs see the record. */
    void submit();

    /** Lets programs skip the record. */
    void discard();
  }

  /**
   * Reserves a record.
   *
   * @return null when there is no room now
   * @throws dev.skep.errors.BpfErrnoException with E2BIG when no ring of this size can hold it
   */
  @Nullable Sample reserve(int bytes);

  /**
   * As {@link #reserve(int)}, but waits for programs to make room.
   *
   * @param timeout how long at most
   */
  @Nullable Sample reserve(int bytes, Duration timeout);

  /**
   * Reserves, fills and submits in one go.
   *
   * @return false when there is no room now
   */
  boolean write(byte[] record);

  /** Ends the writing; records that programs have not taken yet stay. */
  @Override
  void close();
}

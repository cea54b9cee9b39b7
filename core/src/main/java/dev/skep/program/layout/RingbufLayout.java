package dev.skep.program.layout;

/**
 * struct bpf_ringbuf and struct bpf_ringbuf_hdr: pages for the consumer, the producer and the data.
 * Byte offsets.
 *
 * <pre>
 *    0                  4096             8192          8200          12288
 *   +------------------+----------------+-------------+-------------+------------------
 *   | kernel's own     | consumer_pos   |producer_pos | pending_pos | data, mapped twice
 *   +------------------+----------------+-------------+-------------+------------------
 *    record:  0     4        8
 *            +-----+--------+------------------------- round_up(8 + len, 8)
 *            | len | pg_off | payload
 *            +-----+--------+-------------------------
 * </pre>
 */
public final class RingbufLayout {
  /** u64. */
  public static final int CONSUMER_POS = 4096;

  /** u64. */
  public static final int PRODUCER_POS = 8192;

  /** u64. */
  public static final int PENDING_POS = 8200;

  public static final int DATA = 12288;

  /** Bytes of a record's header. */
  public static final int HDR_SIZE = 8;

  /** u32: payload length, BPF_RINGBUF_BUSY_BIT (31) and DISCARD_BIT (30). */
  public static final int HDR_LEN = 0;

  /** u32. */
  public static final int HDR_PG_OFF = 4;

  private RingbufLayout() {}
}

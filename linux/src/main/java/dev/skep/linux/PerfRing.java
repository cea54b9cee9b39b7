package dev.skep.linux;

import dev.skep.engine.PerfBuffer;
import dev.skep.errors.MalformedException;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.Mapping;
import dev.skep.natives.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The pages of one CPU's perf event (kernel/events/ring_buffer.c). Not safe for threads.
 *
 * <pre>
 *   page 0, struct perf_event_mmap_page      pages 1..
 *   | .. data_head (1024) data_tail (1032) | | data |
 * </pre>
 *
 * <p>A record is a header of u32 type, u16 misc, u16 size (header included, a multiple of 8); a
 * sample goes on with u32 size and raw bytes, a loss with u64 id and u64 count. Records wrap
 * around.
 */
final class PerfRing implements AutoCloseable {
  private static final int DATA_HEAD = 1024;
  private static final int DATA_TAIL = 1032;

  private static final int SIZE = 6;
  private static final int HEADER_BYTES = 8;
  private static final int RECORD_LOST = 2;
  private static final int RECORD_SAMPLE = 9;
  private static final int RAW_SIZE = 8;
  private static final int RAW = 12;
  private static final int LOST = 16;
  private static final int LOST_BYTES = 24;

  /** A record's size is a u16. */
  private static final int MAX_RECORD_BYTES = 1 << 16;

  private final String what;
  private final int cpu;
  private final Fd event;
  private final Mapping mapping;
  private final long data;
  private final long size;

  private @Nullable ByteBuffer window;

  /** Where a sample that wraps around is put together for a view. */
  private byte @Nullable [] joined;

  PerfRing(String what, int cpu, Fd event, Mapping mapping, long size) {
    this.what = what;
    this.cpu = cpu;
    this.event = event;
    this.mapping = mapping;
    this.data = mapping.address() + Memory.pageSize();
    this.size = size;
  }

  int cpu() {
    return cpu;
  }

  Fd event() {
    return event;
  }

  /** Hands over copies of the samples until {@code stop} says so; the count is of samples. */
  int consume(PerfBuffer.Consumer consumer, BooleanSupplier stop) {
    return drain(
        (position, length) -> {
          byte[] sample = new byte[length];
          copy(position, sample, length);
          consumer.sample(cpu, sample);
        },
        lost -> consumer.lost(cpu, lost),
        stop);
  }

  /** As {@link #consume}, where the samples lie, except for those that wrap around. */
  int consumeInPlace(PerfBuffer.View view, BooleanSupplier stop) {
    return drain(
        (position, length) -> view.sample(cpu, view(position, length)),
        lost -> view.lost(cpu, lost),
        stop);
  }

  private interface Taker {
    void take(long position, int length);
  }

  private int drain(Taker samples, LongConsumer losses, BooleanSupplier stop) {
    int taken = 0;
    long position = Memory.getLong(mapping.address() + DATA_TAIL);
    long head = Memory.getLongAcquire(mapping.address() + DATA_HEAD);
    while (position < head && !stop.getAsBoolean()) {
      long record = at(position);
      int bytes = Memory.getShort(record + SIZE) & 0xffff;
      check(bytes >= HEADER_BYTES && bytes <= head - position, position, bytes);
      try {
        switch (Memory.getInt(record)) {
          case RECORD_SAMPLE -> {
            int length = Memory.getInt(at(position + RAW_SIZE));
            check(length >= 0 && length <= bytes - RAW, position, bytes);
            taken++;
            samples.take(position + RAW, length);
          }
          case RECORD_LOST -> {
            check(bytes >= LOST_BYTES, position, bytes);
            losses.accept(Memory.getLong(at(position + LOST)));
          }
          default -> {
            // Nothing else was asked for; throttling of the event is not the reader's business.
          }
        }
      } finally {
        position += bytes;
        // The kernel may overwrite the record from here on.
        Memory.putLongRelease(mapping.address() + DATA_TAIL, position);
      }
    }
    return taken;
  }

  private long at(long position) {
    return data + (position & size - 1);
  }

  private void check(boolean good, long position, int bytes) {
    if (!good) {
      throw new MalformedException(
          what
              + ", cpu "
              + cpu
              + ": "
              + bytes
              + " bytes at position 0x"
              + Long.toHexString(position));
    }
  }

  private void copy(long position, byte[] to, int length) {
    int first = (int) Math.min(length, data + size - at(position));
    Memory.copy(at(position), to, 0, first);
    Memory.copy(data, to, first, length - first);
  }

  private ByteBuffer view(long position, int length) {
    long offset = position & size - 1;
    if (offset + length > size || size > Integer.MAX_VALUE) {
      byte[] whole = joined;
      if (whole == null) {
        whole = new byte[MAX_RECORD_BYTES];
        joined = whole;
      }
      copy(position, whole, length);
      return ByteBuffer.wrap(whole, 0, length).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
    ByteBuffer buffer = window;
    if (buffer == null) {
      buffer = mapping.segment(Memory.pageSize(), size).asReadOnly().asByteBuffer();
      window = buffer;
    }
    return buffer
        .clear()
        .limit((int) offset + length)
        .position((int) offset)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {
    mapping.close();
    event.close();
  }
}

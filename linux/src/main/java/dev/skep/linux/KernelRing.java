package dev.skep.linux;

import dev.skep.engine.RingBuffer;
import dev.skep.errors.MalformedException;
import dev.skep.linux.sys.Mapping;
import dev.skep.natives.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a BPF_MAP_TYPE_RINGBUF (kernel/bpf/ringbuf.c). Not safe for threads.
 *
 * <pre>
 *   page 0          page 1           pages 2..
 *   | consumer_pos | | producer_pos | | data | the same data |
 *     ours to write    read-only        read-only
 * </pre>
 *
 * <p>A record is a header of u32 length (with two flags) and u32 page number, then the payload,
 * padded to 8 bytes. Positions only grow; the place in the data is the position modulo its size.
 */
final class KernelRing implements AutoCloseable {
  static final int HEADER_BYTES = 8;
  static final int BUSY = 1 << 31;
  static final int DISCARD = 1 << 30;

  /** Takes the payload at an address; false to stop. */
  private interface Taker {
    boolean take(long payload, int length);
  }

  private final String what;
  private final Mapping consumerPage;
  private final Mapping rest;
  private final long consumerPos;
  private final long producerPos;
  private final long data;
  private final long size;
  private @Nullable ByteBuffer window;

  private KernelRing(String what, Mapping consumerPage, Mapping rest, long size) {
    this.what = what;
    this.consumerPage = consumerPage;
    this.rest = rest;
    this.size = size;
    this.consumerPos = consumerPage.address();
    this.producerPos = rest.address();
    this.data = rest.address() + Memory.pageSize();
  }

  static KernelRing of(KernelMap map) {
    String what = map.what("mmap of");
    long page = Memory.pageSize();
    long size = Integer.toUnsignedLong(map.spec().maxEntries());
    Mapping consumerPage = Mapping.of(map.bpf().syscalls(), map.fd(), page, 0, true, what);
    try {
      Mapping rest = Mapping.of(map.bpf().syscalls(), map.fd(), page + 2 * size, page, false, what);
      return new KernelRing(map.what("record in"), consumerPage, rest, size);
    } catch (RuntimeException failed) {
      consumerPage.close();
      throw failed;
    }
  }

  /** Hands over copies of the committed records until the consumer or {@code stop} says no. */
  int consume(RingBuffer.Consumer consumer, BooleanSupplier stop) {
    return drain(
        (payload, length) -> {
          byte[] record = new byte[length];
          Memory.copy(payload, record, 0, length);
          return consumer.accept(record);
        },
        stop);
  }

  /** As {@link #consume}, where the records lie. */
  int consumeInPlace(RingBuffer.View view, BooleanSupplier stop) {
    return drain((payload, length) -> view.accept(window(payload - data, length)), stop);
  }

  private ByteBuffer window(long offset, int length) {
    if (2 * size > Integer.MAX_VALUE) {
      return buffer(offset, length);
    }
    ByteBuffer buffer = window;
    if (buffer == null) {
      buffer = buffer(0, 2 * size);
      window = buffer;
    }
    return buffer
        .clear()
        .limit((int) offset + length)
        .position((int) offset)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer buffer(long offset, long length) {
    return rest.segment(Memory.pageSize() + offset, length)
        .asByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private int drain(Taker taker, BooleanSupplier stop) {
    int taken = 0;
    long position = Memory.getLong(consumerPos);
    long end = Memory.getLongAcquire(producerPos);
    boolean more = true;
    while (more && position < end) {
      long header = data + (position & size - 1);
      // Pairs with the kernel's xchg in bpf_ringbuf_commit: the payload is complete.
      int length = Memory.getIntAcquire(header);
      if ((length & BUSY) != 0) {
        break;
      }
      long next = position + stride(length);
      check(length, position, next, end);
      if ((length & DISCARD) == 0) {
        taken++;
        try {
          more = taker.take(header + HEADER_BYTES, length) && !stop.getAsBoolean();
        } finally {
          // The producers may overwrite the record from here on.
          Memory.putLongRelease(consumerPos, next);
        }
      } else {
        Memory.putLongRelease(consumerPos, next);
      }
      position = next;
      if (position == end) {
        end = Memory.getLongAcquire(producerPos);
      }
    }
    return taken;
  }

  /** The position lies in memory that other processes may write, so nothing is believed. */
  private void check(int length, long position, long next, long end) {
    if (next > end || next - position > size) {
      throw new MalformedException(
          what
              + ": "
              + (length & ~(BUSY | DISCARD))
              + " bytes at position 0x"
              + Long.toHexString(position)
              + ", beyond the producer's 0x"
              + Long.toHexString(end));
    }
  }

  private static long stride(int length) {
    return ((long) (length & ~(BUSY | DISCARD)) + HEADER_BYTES + 7) & ~7L;
  }

  @Override
  public void close() {
    rest.close();
    consumerPage.close();
  }
}

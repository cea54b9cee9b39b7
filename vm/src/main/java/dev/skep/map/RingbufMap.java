package dev.skep.map;

import dev.skep.engine.RingBuffer;
import dev.skep.errors.Errno;
import dev.skep.machine.SpinWait;
import dev.skep.natives.Memory;
import dev.skep.natives.RingMemory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.RingbufLayout;
import java.time.Duration;

/**
 * BPF_MAP_TYPE_RINGBUF (kernel/bpf/ringbuf.c): many producers, one consumer. Producers take turns
 * to reserve, then fill and commit without a lock; the consumer stops at the first record that is
 * still being filled.
 */
public final class RingbufMap extends VmMap {
  public static final int NO_WAKEUP = 1;
  public static final int FORCE_WAKEUP = 2;

  private static final int BUSY = 1 << 31;
  private static final int DISCARD = 1 << 30;

  /** Longest payload: UINT_MAX / 4. */
  private static final long MAX_RECORD = 0x3fffffff;

  private static final int PAGE_SHIFT = 12;

  /** u32 in the ring's first page, behind the lock: the map's handle. */
  private static final int HANDLE = 8;

  /** What bpf_ringbuf_query knows. */
  private static final int AVAIL_DATA = 0;

  private static final int RING_SIZE = 1;
  private static final int CONS_POS = 2;
  private static final int PROD_POS = 3;

  private final RingMemory ring;
  private final long at;
  private final long size;
  private final long lock;
  private final Object bell = new Object();

  RingbufMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE + 64);
    size = Integer.toUnsignedLong(spec.maxEntries());
    ring = new RingMemory(RingbufLayout.DATA, size);
    at = ring.address();
    // The ring's first page is the kernel's own: the place for the producers' lock.
    lock = at;
    Memory.putInt(at + HANDLE, handle());
    machine().addressSpace().add(at + RingbufLayout.DATA, 2 * size);
  }

  /** The handle of the ring that a payload lies in, found by its header. */
  static int handleOf(long payload) {
    long header = payload - RingbufLayout.HDR_SIZE;
    long pages = Integer.toUnsignedLong(Memory.getInt(header + RingbufLayout.HDR_PG_OFF));
    return Memory.getInt((header >>> PAGE_SHIFT) - pages << PAGE_SHIFT | HANDLE);
  }

  private long consumerPos() {
    return Memory.getLongAcquire(at + RingbufLayout.CONSUMER_POS);
  }

  private long producerPos() {
    return Memory.getLongAcquire(at + RingbufLayout.PRODUCER_POS);
  }

  private long record(long position) {
    return at + RingbufLayout.DATA + (position & size - 1);
  }

  private static long stride(int length) {
    return round8(Integer.toUnsignedLong(length & ~(BUSY | DISCARD)) + RingbufLayout.HDR_SIZE);
  }

  /** bpf_ringbuf_reserve without its flags: the payload's address, or 0. */
  public long reserve(long length) {
    if (Long.compareUnsigned(length, MAX_RECORD) > 0) {
      return 0;
    }
    long bytes = round8(length + RingbufLayout.HDR_SIZE);
    if (bytes > size) {
      return 0;
    }
    for (int tries = 0; !Memory.compareAndSetInt(lock, 0, 1); tries++) {
      SpinWait.pause(tries);
    }
    try {
      return reserveLocked((int) length, bytes);
    } finally {
      Memory.putIntRelease(lock, 0);
    }
  }

  private long reserveLocked(int length, long bytes) {
    long consumer = consumerPos();
    long producer = Memory.getLong(at + RingbufLayout.PRODUCER_POS);
    long next = producer + bytes;
    long pending = skipCommitted(Memory.getLong(at + RingbufLayout.PENDING_POS), producer);
    Memory.putLong(at + RingbufLayout.PENDING_POS, pending);
    if (next - consumer > size - 1 || next - pending > size - 1) {
      return 0;
    }
    long header = record(producer);
    Memory.putInt(header + RingbufLayout.HDR_LEN, length | BUSY);
    Memory.putInt(header + RingbufLayout.HDR_PG_OFF, (int) (header - at >>> PAGE_SHIFT));
    Memory.putLongRelease(at + RingbufLayout.PRODUCER_POS, next);
    return header + RingbufLayout.HDR_SIZE;
  }

  /** The position of the oldest record that is not committed yet. */
  private long skipCommitted(long from, long producer) {
    long pending = from;
    while (pending < producer) {
      int length = Memory.getIntAcquire(record(pending) + RingbufLayout.HDR_LEN);
      if ((length & BUSY) != 0) {
        break;
      }
      pending += stride(length);
    }
    return pending;
  }

  /** bpf_ringbuf_submit and _discard of a payload that {@link #reserve} gave. */
  public void commit(long payload, long flags, boolean discard) {
    long header = payload - RingbufLayout.HDR_SIZE;
    int length = Memory.getInt(header + RingbufLayout.HDR_LEN) & ~BUSY;
    Memory.getAndSetInt(header + RingbufLayout.HDR_LEN, discard ? length | DISCARD : length);
    boolean wake;
    if ((flags & FORCE_WAKEUP) != 0) {
      wake = true;
    } else {
      boolean caughtUp = record(consumerPos()) == header;
      wake = caughtUp && (flags & NO_WAKEUP) == 0;
    }
    if (wake) {
      synchronized (bell) {
        bell.notifyAll();
      }
    }
  }

  /** bpf_ringbuf_output: 0 or a negative errno. */
  public long output(long data, long length, long flags) {
    if ((flags & ~(NO_WAKEUP | FORCE_WAKEUP)) != 0) {
      return -Errno.EINVAL;
    }
    long payload = reserve(length);
    if (payload == 0) {
      return -Errno.EAGAIN;
    }
    Memory.copy(data, payload, length);
    commit(payload, flags, false);
    return 0;
  }

  /** bpf_ringbuf_query. */
  public long query(long what) {
    return switch ((int) (what == (int) what ? what : -1)) {
      case AVAIL_DATA -> producerPos() - consumerPos();
      case RING_SIZE -> size;
      case CONS_POS -> consumerPos();
      case PROD_POS -> producerPos();
      default -> 0;
    };
  }

  @Override
  public RingBuffer ringBuffer() {
    return new Reader(this);
  }

  /** A reader has nothing of its own. */
  private record Reader(RingbufMap map) implements RingBuffer {
    @Override
    public int consume(Consumer consumer) {
      return map.consume(consumer);
    }

    @Override
    public int poll(Duration timeout, Consumer consumer) {
      return map.poll(timeout, consumer);
    }

    @Override
    public void close() {}
  }

  /** As {@link RingBuffer#consume}. */
  public int consume(RingBuffer.Consumer consumer) {
    if (!retain()) {
      throw new IllegalStateException("closed: " + this);
    }
    try {
      return consumeOpen(consumer);
    } finally {
      release();
    }
  }

  private int consumeOpen(RingBuffer.Consumer consumer) {
    int count = 0;
    synchronized (ring) {
      long position = consumerPos();
      while (position < producerPos()) {
        long header = record(position);
        int length = Memory.getIntAcquire(header + RingbufLayout.HDR_LEN);
        if ((length & BUSY) != 0) {
          break;
        }
        byte[] payload = null;
        if ((length & DISCARD) == 0) {
          payload = new byte[length];
          Memory.copy(header + RingbufLayout.HDR_SIZE, payload, 0, length);
        }
        position += stride(length);
        // Sequentially consistent: a producer that saw the old position must be seen below.
        Memory.putLongVolatile(at + RingbufLayout.CONSUMER_POS, position);
        if (payload != null) {
          count++;
          if (!consumer.accept(payload)) {
            break;
          }
        }
      }
    }
    return count;
  }

  /** As {@link RingBuffer#poll}. */
  public int poll(Duration timeout, RingBuffer.Consumer consumer) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      int count = consume(consumer);
      long left = deadline - System.nanoTime();
      if (count > 0 || left <= 0) {
        return count;
      }
      synchronized (bell) {
        if (readable()) {
          continue;
        }
        try {
          bell.wait(left / 1_000_000, (int) (left % 1_000_000));
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          return 0;
        }
      }
    }
  }

  private boolean readable() {
    long position = consumerPos();
    return position < producerPos()
        && (Memory.getIntAcquire(record(position) + RingbufLayout.HDR_LEN) & BUSY) == 0;
  }

  @Override
  void freeContents() {
    machine().addressSpace().remove(at + RingbufLayout.DATA);
    ring.close();
  }
}

package dev.skep.map;

import dev.skep.engine.UserRingBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.natives.RingMemory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.RingbufLayout;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * BPF_MAP_TYPE_USER_RINGBUF (kernel/bpf/ringbuf.c): Java produces, programs consume by
 * bpf_user_ringbuf_drain.
 */
public final class UserRingbufMap extends VmMap {
  /** Takes the address and the length of a sample; anything but 0 stops. */
  @FunctionalInterface
  public interface Drain {
    long take(long sample, int length);
  }

  private static final int BUSY = 1 << 31;
  private static final int DISCARD = 1 << 30;

  /** BPF_MAX_USER_RINGBUF_SAMPLES. */
  private static final int MAX_SAMPLES = 128 << 10;

  /** The longest sample that a dynptr can hold. */
  private static final int MAX_SAMPLE = 0xffffff;

  private static final int KNOWN_FLAGS = RingbufMap.NO_WAKEUP | RingbufMap.FORCE_WAKEUP;

  private final RingMemory ring;
  private final long at;
  private final long size;
  private final AtomicBoolean draining = new AtomicBoolean();
  private final Object bell = new Object();

  UserRingbufMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE + 64);
    size = Integer.toUnsignedLong(spec.maxEntries());
    ring = new RingMemory(RingbufLayout.DATA, size);
    at = ring.address();
    machine().addressSpace().add(at + RingbufLayout.DATA, 2 * size);
  }

  private long consumerPos() {
    return Memory.getLongAcquire(at + RingbufLayout.CONSUMER_POS);
  }

  private long producerPos() {
    return Memory.getLongAcquire(at + RingbufLayout.PRODUCER_POS);
  }

  private long header(long position) {
    return at + RingbufLayout.DATA + (position & size - 1);
  }

  private static long stride(int length) {
    return round8(Integer.toUnsignedLong(length) + RingbufLayout.HDR_SIZE);
  }

  /** bpf_user_ringbuf_drain: how many samples were taken, or a negative errno. */
  public long drain(Cpu cpu, long flags, Drain callback) {
    if ((flags & ~KNOWN_FLAGS) != 0) {
      return -Errno.EINVAL;
    }
    if (!draining.compareAndSet(false, true)) {
      return -Errno.EBUSY;
    }
    try {
      return drain(callback);
    } finally {
      draining.set(false);
      synchronized (bell) {
        bell.notifyAll();
      }
    }
  }

  private long drain(Drain callback) {
    long taken = 0;
    long stop = 0;
    for (int i = 0; i < MAX_SAMPLES && stop == 0; i++) {
      long consumer = consumerPos();
      long producer = producerPos();
      if (producer % 8 != 0) {
        return -Errno.EINVAL;
      }
      if (consumer >= producer) {
        break;
      }
      long header = header(consumer);
      int word = Memory.getIntAcquire(header);
      int length = word & ~(BUSY | DISCARD);
      int errno = check(length, producer - consumer);
      if (errno != 0) {
        return -errno;
      }
      if ((word & DISCARD) == 0) {
        if ((word & BUSY) != 0) {
          break;
        }
        stop = callback.take(header + RingbufLayout.HDR_SIZE, length);
        taken++;
      }
      Memory.putLongVolatile(at + RingbufLayout.CONSUMER_POS, consumer + stride(length));
    }
    return taken;
  }

  private int check(int length, long advertised) {
    if (stride(length) > advertised) {
      return Errno.EINVAL;
    }
    return stride(length) > size || length > MAX_SAMPLE ? Errno.E2BIG : 0;
  }

  @Override
  public UserRingBuffer userRingBuffer() {
    if (!retain()) {
      throw new IllegalStateException("closed: " + this);
    }
    return new Writer();
  }

  /** Java's side. */
  private final class Writer implements UserRingBuffer {
    private final Arena arena = Arena.ofShared();
    private boolean closed;

    @Override
    public @Nullable Sample reserve(int bytes) {
      long stride = stride(bytes);
      if (bytes < 0 || stride > size) {
        throw new BpfErrnoException(Errno.E2BIG, "sample of " + bytes + " bytes in " + map());
      }
      synchronized (UserRingbufMap.this) {
        if (closed) {
          throw new IllegalStateException("closed: writer of " + map());
        }
        long producer = producerPos();
        if (size - (producer - consumerPos()) < stride) {
          return null;
        }
        long header = header(producer);
        Memory.putInt(header, bytes | BUSY);
        Memory.putInt(header + Integer.BYTES, 0);
        Memory.putLongRelease(at + RingbufLayout.PRODUCER_POS, producer + stride);
        return new Reserved(header, bytes);
      }
    }

    private String map() {
      return UserRingbufMap.this.toString();
    }

    @Override
    public @Nullable Sample reserve(int bytes, Duration timeout) {
      long deadline = System.nanoTime() + timeout.toNanos();
      while (true) {
        Sample sample = reserve(bytes);
        long left = deadline - System.nanoTime();
        if (sample != null || left <= 0) {
          return sample;
        }
        synchronized (bell) {
          if (size - (producerPos() - consumerPos()) >= stride(bytes)) {
            continue;
          }
          try {
            bell.wait(left / 1_000_000, (int) (left % 1_000_000));
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return null;
          }
        }
      }
    }

    @Override
    public boolean write(byte[] record) {
      Sample sample = reserve(record.length);
      if (sample == null) {
        return false;
      }
      sample.data().put(record);
      sample.submit();
      return true;
    }

    @Override
    public void close() {
      synchronized (UserRingbufMap.this) {
        if (closed) {
          return;
        }
        closed = true;
      }
      arena.close();
      release();
    }

    /** A record that programs do not see yet. */
    private final class Reserved implements Sample {
      private final long header;
      private final ByteBuffer data;
      private boolean over;

      Reserved(long header, int bytes) {
        this.header = header;
        data =
            Memory.segment(header + RingbufLayout.HDR_SIZE, bytes, arena)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
      }

      @Override
      public ByteBuffer data() {
        return data;
      }

      @Override
      public void submit() {
        end(0);
      }

      @Override
      public void discard() {
        end(DISCARD);
      }

      private void end(int bits) {
        synchronized (UserRingbufMap.this) {
          if (over || closed) {
            throw new IllegalStateException("sample that is over, of " + map());
          }
          over = true;
          Memory.getAndSetInt(header, Memory.getInt(header) & ~BUSY | bits);
        }
      }
    }
  }

  @Override
  void freeContents() {
    machine().addressSpace().remove(at + RingbufLayout.DATA);
    ring.close();
  }
}

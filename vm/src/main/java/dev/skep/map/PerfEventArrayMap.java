package dev.skep.map;

import dev.skep.engine.PerfBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.machine.Cpus;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfMapLayout;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY: slots hold the rings that bpf_perf_event_output writes to. There
 * are no other perf events here, so {@link #perfBuffer} is the only way to fill slots.
 */
public final class PerfEventArrayMap extends VmMap {
  private static final long INDEX_MASK = 0xffffffffL;
  private static final int PAGE = 4096;

  private final int entries;
  private final AtomicReferenceArray<@Nullable PerfRing> rings;

  PerfEventArrayMap(Maps maps, MapSpec spec) {
    super(maps, spec, BpfMapLayout.SIZE + 64);
    entries = spec.maxEntries();
    // No other slot can ever be used.
    long used = Math.min(Integer.toUnsignedLong(entries), machine().cpus().idLimit());
    rings = new AtomicReferenceArray<>((int) used);
  }

  /** A sample that is put together from up to two places. */
  public interface Sample {
    /** Appends the sample's bytes to {@code target} from {@code offset} on. */
    void copy(byte[] target, int offset);
  }

  /**
   * __bpf_perf_event_output: 0 or a negative errno.
   *
   * @param flags the index, or -1 as u32 for this CPU's
   * @param length bytes of the sample
   */
  public long output(Cpu cpu, long flags, int length, Sample sample) {
    long wanted = flags & INDEX_MASK;
    long index = wanted == INDEX_MASK ? cpu.number() : wanted;
    if (index >= Integer.toUnsignedLong(entries)) {
      return -Errno.E2BIG;
    }
    PerfRing ring = index < rings.length() ? rings.get((int) index) : null;
    if (ring == null) {
      return -Errno.ENOENT;
    }
    if (index != cpu.number()) {
      return -Errno.EOPNOTSUPP;
    }
    return ring.put(length, sample) ? 0 : -Errno.ENOSPC;
  }

  /** bpf_perf_event_read: no slot counts anything. */
  public long read(Cpu cpu, long flags) {
    if ((flags & ~INDEX_MASK) != 0) {
      return -Errno.EINVAL;
    }
    long index = flags == INDEX_MASK ? cpu.number() : flags;
    if (index >= Integer.toUnsignedLong(entries)) {
      return -Errno.E2BIG;
    }
    return index < rings.length() && rings.get((int) index) != null ? 0 : -Errno.ENOENT;
  }

  @Override
  long copyIn(long key, long value, long flags) {
    if (flags != ANY) {
      return -Errno.EINVAL;
    }
    return Integer.compareUnsigned(Memory.getInt(key), entries) >= 0 ? -Errno.E2BIG : -Errno.EBADF;
  }

  @Override
  long remove(long key) {
    int index = Memory.getInt(key);
    if (Integer.compareUnsigned(index, entries) >= 0) {
      return -Errno.E2BIG;
    }
    return index >= 0 && index < rings.length() && rings.getAndSet(index, null) != null
        ? 0
        : -Errno.ENOENT;
  }

  @Override
  long copyNextKey(long key, long out) {
    return ArrayIndex.copyNext(key, out, entries);
  }

  @Override
  public PerfBuffer perfBuffer(int bytesPerCpu) {
    if (bytesPerCpu < PAGE || Integer.bitCount(bytesPerCpu) != 1) {
      throw new IllegalArgumentException("rings of " + bytesPerCpu + " bytes");
    }
    if (frozen()) {
      throw new BpfErrnoException(Errno.EPERM, "perf buffer of " + this);
    }
    return new Reader(bytesPerCpu);
  }

  /** The rings of one reader. */
  private final class Reader implements PerfBuffer {
    private final Object bell = new Object();
    private final @Nullable PerfRing[] own;
    private boolean closed;

    Reader(int bytes) {
      own = new @Nullable PerfRing[rings.length()];
      Cpus cpus = machine().cpus();
      for (int i = 0; i < cpus.count(); i++) {
        int number = cpus.at(i).number();
        if (number < own.length) {
          PerfRing ring = new PerfRing(bytes, bell);
          own[number] = ring;
          rings.set(number, ring);
        }
      }
    }

    @Override
    public synchronized int consume(Consumer consumer) {
      if (closed) {
        throw new IllegalStateException("closed: perf buffer of " + PerfEventArrayMap.this);
      }
      int count = 0;
      for (int cpu = 0; cpu < own.length; cpu++) {
        PerfRing ring = own[cpu];
        if (ring != null) {
          count += ring.consume(cpu, consumer);
        }
      }
      return count;
    }

    @Override
    public int poll(Duration timeout, Consumer consumer) {
      long deadline = System.nanoTime() + timeout.toNanos();
      while (true) {
        int count = consume(consumer);
        long left = deadline - System.nanoTime();
        if (count > 0 || left <= 0) {
          return count;
        }
        synchronized (bell) {
          if (!isEmpty()) {
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

    private boolean isEmpty() {
      for (PerfRing ring : own) {
        if (ring != null && !ring.isEmpty()) {
          return false;
        }
      }
      return true;
    }

    @Override
    public synchronized void close() {
      closed = true;
      for (int i = 0; i < own.length; i++) {
        PerfRing ring = own[i];
        if (ring != null) {
          // A reader that came later keeps its rings.
          rings.compareAndSet(i, ring, null);
        }
      }
    }
  }
}

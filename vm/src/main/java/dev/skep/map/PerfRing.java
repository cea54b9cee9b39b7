package dev.skep.map;

import dev.skep.engine.PerfBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One CPU's ring of perf samples: as many fit as in a kernel ring of that size, whose records have
 * a header, a length and padding. The CPU's holder writes, a reader reads.
 */
final class PerfRing {
  /** struct perf_event_header, and the u32 length of a raw sample. */
  private static final int HEADER = 8;

  private static final int LENGTH = 4;

  /** A record that tells of lost ones: header, id, count. */
  private static final int LOST_RECORD = 24;

  /** A sample, or how many were lost. */
  private record Entry(byte @Nullable [] sample, long lost, int bytes) {}

  private final int size;
  private final Object bell;
  private final ArrayDeque<Entry> entries = new ArrayDeque<>();
  private int used;
  private long lost;

  /**
   * @param size bytes, a power of two
   * @param bell notified when a sample comes
   */
  PerfRing(int size, Object bell) {
    this.size = size;
    this.bell = bell;
  }

  /** Bytes of a raw sample as perf stores it: with its length it ends at a multiple of 8. */
  private static int stored(int length) {
    return (length + LENGTH + 7 & -8) - LENGTH;
  }

  /** Appends a sample; false when there is no room. */
  boolean put(int length, PerfEventArrayMap.Sample sample) {
    int stored = stored(length);
    int bytes = HEADER + LENGTH + stored;
    synchronized (this) {
      int needed = lost > 0 ? bytes + LOST_RECORD : bytes;
      // One byte of a ring stays free.
      if (needed > size - 1 - used) {
        lost++;
        return false;
      }
      if (lost > 0) {
        entries.add(new Entry(null, lost, LOST_RECORD));
        lost = 0;
      }
      byte[] data = new byte[stored];
      sample.copy(data, 0);
      entries.add(new Entry(data, 0, bytes));
      used += needed;
    }
    synchronized (bell) {
      bell.notifyAll();
    }
    return true;
  }

  synchronized boolean isEmpty() {
    return entries.isEmpty();
  }

  private synchronized @Nullable Entry take() {
    Entry entry = entries.poll();
    if (entry != null) {
      used -= entry.bytes;
    }
    return entry;
  }

  private synchronized int count() {
    return entries.size();
  }

  /** Hands over what is there by now: how many samples. */
  int consume(int cpu, PerfBuffer.Consumer consumer) {
    int samples = 0;
    for (int left = count(); left > 0; left--) {
      Entry entry = take();
      if (entry == null) {
        break;
      }
      byte[] sample = entry.sample;
      if (sample == null) {
        consumer.lost(cpu, entry.lost);
      } else {
        consumer.sample(cpu, sample);
        samples++;
      }
    }
    return samples;
  }
}

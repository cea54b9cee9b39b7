package dev.skep.natives;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Hands out ranges of a linear space, best fit, and joins neighbours when they come back. Not safe
 * for threads: owners lock.
 */
final class OffsetAllocator {
  /** No range fits below the limit. */
  static final long FULL = -1;

  private record Range(long size, long start) implements Comparable<Range> {
    @Override
    public int compareTo(Range other) {
      int bySize = Long.compare(size, other.size);
      return bySize != 0 ? bySize : Long.compare(start, other.start);
    }
  }

  private final long limit;
  private final NavigableMap<Long, Long> freeByStart = new TreeMap<>();
  private final NavigableSet<Range> freeBySize = new TreeSet<>();
  private final Map<Long, Long> used = new HashMap<>();
  private long top;

  /** A space from {@code start} up to {@code limit}. */
  OffsetAllocator(long start, long limit) {
    this.top = start;
    this.limit = limit;
  }

  /** The end of all that was ever handed out: what must be backed by memory. */
  long top() {
    return top;
  }

  /** Bytes handed out and not yet given back. */
  long usedBytes() {
    return used.values().stream().mapToLong(Long::longValue).sum();
  }

  /** The start of a range at a multiple of {@code alignment}, or {@link #FULL}. */
  long allocate(long size, long alignment) {
    for (Range range : freeBySize.tailSet(new Range(size, 0))) {
      long start = align(range.start, alignment);
      if (start + size <= range.start + range.size) {
        remove(range);
        add(range.start, start);
        add(start + size, range.start + range.size);
        used.put(start, size);
        return start;
      }
    }
    long start = align(top, alignment);
    if (size > limit - start) {
      return FULL;
    }
    add(top, start);
    top = start + size;
    used.put(start, size);
    return start;
  }

  /** The size of a range in use, as it was asked for. */
  long sizeOf(long start) {
    Long size = used.get(start);
    if (size == null) {
      throw new IllegalArgumentException("no range in use starts at 0x" + Long.toHexString(start));
    }
    return size;
  }

  /** Takes a range back. */
  void free(long start) {
    long end = start + sizeOf(start);
    used.remove(start);
    Map.Entry<Long, Long> before = freeByStart.lowerEntry(start);
    if (before != null && before.getKey() + before.getValue() == start) {
      remove(new Range(before.getValue(), before.getKey()));
      add(joinAfter(before.getKey(), end));
    } else {
      add(joinAfter(start, end));
    }
  }

  private Range joinAfter(long start, long end) {
    Long next = freeByStart.get(end);
    if (next == null) {
      return new Range(end - start, start);
    }
    remove(new Range(next, end));
    return new Range(end + next - start, start);
  }

  private void add(long start, long end) {
    if (end > start) {
      add(new Range(end - start, start));
    }
  }

  private void add(Range range) {
    freeByStart.put(range.start, range.size);
    freeBySize.add(range);
  }

  private void remove(Range range) {
    freeByStart.remove(range.start);
    freeBySize.remove(range);
  }

  private static long align(long offset, long alignment) {
    return (offset + alignment - 1) & -alignment;
  }
}

package dev.skep.fuzz;

import dev.skep.errors.MalformedException;
import java.util.Map;
import java.util.TreeMap;

/** Seeds that are done, as half-open ranges that are kept joined. */
public final class SeedRanges {
  /** First seed to the one after the last. */
  private final TreeMap<Long, Long> ranges = new TreeMap<>();

  /** Adds [from, to). */
  public void add(long from, long to) {
    if (from >= to) {
      return;
    }
    long start = from;
    long end = to;
    Map.Entry<Long, Long> near = ranges.floorEntry(end);
    while (near != null && near.getValue() >= start) {
      start = Math.min(start, near.getKey());
      end = Math.max(end, near.getValue());
      ranges.remove(near.getKey());
      near = ranges.floorEntry(end);
    }
    ranges.put(start, end);
  }

  public boolean contains(long seed) {
    Map.Entry<Long, Long> range = ranges.floorEntry(seed);
    return range != null && seed < range.getValue();
  }

  /** How many seeds there are. */
  public long count() {
    long count = 0;
    for (Map.Entry<Long, Long> range : ranges.entrySet()) {
      count += range.getValue() - range.getKey();
    }
    return count;
  }

  /** As in {@code 0-99,200-299}, both ends included. */
  public String text() {
    StringBuilder out = new StringBuilder();
    ranges.forEach((from, to) -> {
      out.append(out.isEmpty() ? "" : ",").append(from).append('-').append(to - 1);
    });
    return out.toString();
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws MalformedException with the part that is none
   */
  public static SeedRanges parse(String text) {
    SeedRanges all = new SeedRanges();
    for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int dash = part.indexOf('-', 1);
      try {
        long from = Long.parseLong(part.substring(0, Math.max(dash, 0)));
        all.add(from, Math.addExact(Long.parseLong(part.substring(dash + 1)), 1));
      } catch (ArithmeticException | NumberFormatException e) {
        throw new MalformedException("seeds: \"" + part + "\" is no range");
      }
    }
    return all;
  }
}

package dev.skep.machine;

import dev.skep.natives.PerCpuRegion;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The memory that programs of a machine may touch: ranges of off-heap blocks and the per-CPU areas.
 * The interpreter checks every access against it, so that a mistake of the verifier ends in a trap
 * and not in a crash of the JVM.
 *
 * <p>Whoever allocates a block for programs adds it, and removes it in the same grace period in
 * which the block is freed. Ranges must not overlap. Readers take no lock; a range is visible to
 * every run once {@link #add} has returned.
 */
public final class AddressSpace {
  /** One range that a reader has found: it stays valid while the reader's run goes on. */
  public static final class Window {
    /** First address. */
    public long start;

    /** One past the last, or {@code start} for nothing. */
    public long end;
  }

  /** Sorted by start. */
  private record Ranges(long[] starts, long[] ends) {
    /** The last range that starts at or before an address, or -1. */
    int floor(long address) {
      int found = Arrays.binarySearch(starts, address);
      return found >= 0 ? found : -found - 2;
    }
  }

  private final @Nullable PerCpuRegion perCpu;
  private volatile Ranges ranges = new Ranges(new long[0], new long[0]);

  /**
   * @param perCpu the machine's per-CPU areas, or null where there are none
   */
  public AddressSpace(@Nullable PerCpuRegion perCpu) {
    this.perCpu = perCpu;
  }

  /**
   * Lets programs use a block.
   *
   * @param bytes 0 or more; nothing happens for 0
   * @throws IllegalArgumentException if it overlaps another one
   */
  public synchronized void add(long start, long bytes) {
    if (bytes == 0) {
      return;
    }
    Ranges old = ranges;
    int at = old.floor(start) + 1;
    if (start < 0
        || bytes < 0
        || start + bytes < start
        || at > 0 && old.ends[at - 1] > start
        || at < old.starts.length && old.starts[at] < start + bytes) {
      throw new IllegalArgumentException(
          "range 0x" + Long.toHexString(start) + " of " + bytes + " bytes");
    }
    ranges = new Ranges(inserted(old.starts, at, start), inserted(old.ends, at, start + bytes));
  }

  /** Takes the block that starts there out again; nothing happens if there is none. */
  public synchronized void remove(long start) {
    Ranges old = ranges;
    int at = old.floor(start);
    if (at >= 0 && old.starts[at] == start) {
      ranges = new Ranges(without(old.starts, at), without(old.ends, at));
    }
  }

  private static long[] inserted(long[] values, int at, long value) {
    long[] result = new long[values.length + 1];
    System.arraycopy(values, 0, result, 0, at);
    result[at] = value;
    System.arraycopy(values, at, result, at + 1, values.length - at);
    return result;
  }

  private static long[] without(long[] values, int at) {
    long[] result = new long[values.length - 1];
    System.arraycopy(values, 0, result, 0, at);
    System.arraycopy(values, at + 1, result, at, result.length - at);
    return result;
  }

  /** How many ranges there are. */
  public int size() {
    return ranges.starts.length;
  }

  /** Whether programs may touch all of these bytes. */
  public boolean contains(long address, int bytes) {
    return find(address, bytes, new Window());
  }

  /**
   * As {@link #contains}; leaves the range in {@code window} if it holds the bytes, else the window
   * as it was.
   */
  public boolean find(long address, int bytes, Window window) {
    Ranges now = ranges;
    int at = now.floor(address);
    if (at >= 0 && address <= now.ends[at] - bytes) {
      window.start = now.starts[at];
      window.end = now.ends[at];
      return true;
    }
    return perCpu != null && perCpu.contains(address, bytes);
  }
}

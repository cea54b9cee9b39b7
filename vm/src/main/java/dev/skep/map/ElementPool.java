package dev.skep.map;

import dev.skep.machine.AddressSpace;
import dev.skep.machine.HtabLayout;
import dev.skep.machine.SpinWait;
import dev.skep.natives.Memory;
import dev.skep.natives.PerCpuRegion;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The elements of one hash map. An element keeps its address and its per-CPU value for the map's
 * life; freed ones are given out again at once, the last freed first, as the kernel does: a program
 * that kept a pointer to a deleted element sees the next one's value.
 *
 * <p>Elements come in chunks. A preallocated map has one chunk for all; others get chunks as they
 * grow. The free lists are striped by CPU to keep their locks apart.
 */
final class ElementPool {
  /** Chunks of a growing map stay below this, unless one element is larger. */
  private static final long CHUNK_BYTES = 1 << 18;

  /** AtomicIntegerArray slots between two locks. */
  private static final int PAD = 32;

  private final AddressSpace space;
  private final long elementSize;
  private final long valueOffset;
  private final int perCpuValueSize;
  private final @Nullable PerCpuRegion perCpu;
  private final long capacity;
  private final int spares;
  private final int spareStripe;
  private final int chunkShift;
  private final AtomicLongArray chunks;
  private final long[] perCpuChunks;
  private final AtomicLong fresh = new AtomicLong();
  private final AtomicIntegerArray locks;
  private final long[] heads;

  /**
   * @param space told of the elements' memory
   * @param perCpu the region of the values, or null when they lie in the elements
   * @param perCpuValueSize bytes of a per-CPU value
   * @param capacity most elements at a time, spares not counted
   * @param spares elements beyond it for {@link #takeSpare}
   * @param preallocate whether all memory is reserved now
   * @param stripes free lists, one per CPU
   */
  ElementPool(
      AddressSpace space,
      long elementSize,
      long valueOffset,
      @Nullable PerCpuRegion perCpu,
      int perCpuValueSize,
      long capacity,
      int spares,
      boolean preallocate,
      int stripes) {
    this.space = space;
    this.elementSize = elementSize;
    this.valueOffset = valueOffset;
    this.perCpu = perCpu;
    this.perCpuValueSize = perCpuValueSize;
    this.capacity = capacity;
    this.spares = spares;
    long all = capacity + spares;
    chunkShift = preallocate ? ceilLog2(all) : chunkShift(elementSize, all);
    int count = Math.toIntExact((all - 1 >>> chunkShift) + 1);
    chunks = new AtomicLongArray(count);
    perCpuChunks = new long[count];
    spareStripe = stripes;
    locks = new AtomicIntegerArray((stripes + 1) * PAD);
    heads = new long[(stripes + 1) * PAD];
    if (preallocate) {
      addChunk(0, all);
    }
    for (int i = 0; i < spares; i++) {
      giveSpare(at(capacity + i));
    }
  }

  private static int chunkShift(long elementSize, long all) {
    int shift = 0;
    while (elementSize << shift + 1 <= CHUNK_BYTES && 1L << shift < all) {
      shift++;
    }
    return shift;
  }

  private static int ceilLog2(long count) {
    return count <= 1 ? 0 : 64 - Long.numberOfLeadingZeros(count - 1);
  }

  private void addChunk(int chunk, long elements) {
    if (perCpu != null) {
      perCpuChunks[chunk] = perCpu.allocate(elements * perCpuValueSize, 8);
    }
    long address = Memory.allocate(elements * elementSize);
    space.add(address, elements * elementSize);
    chunks.set(chunk, address);
  }

  /** A free element, or 0 when all are in use. */
  long take(int stripe) {
    long element = pop(stripe);
    if (element != 0) {
      return element;
    }
    element = takeFresh();
    for (int i = 1; element == 0 && i < spareStripe; i++) {
      element = pop((stripe + i) % spareStripe);
    }
    return element;
  }

  private long takeFresh() {
    long index;
    do {
      index = fresh.get();
      if (index >= capacity) {
        return 0;
      }
    } while (!fresh.compareAndSet(index, index + 1));
    long element = at(index);
    if (perCpu != null) {
      long inChunk = index & (1L << chunkShift) - 1;
      Memory.putLong(
          element + valueOffset,
          perCpuChunks[(int) (index >>> chunkShift)] + inChunk * perCpuValueSize);
    }
    return element;
  }

  /**
   * An element for the moment of a replacement; the replaced one comes back by {@link #giveSpare}.
   * 0 when all are in use.
   */
  long takeSpare() {
    return pop(spareStripe);
  }

  void giveSpare(long element) {
    give(spareStripe, element);
  }

  private long at(long index) {
    int chunk = (int) (index >>> chunkShift);
    if (chunks.get(chunk) == 0) {
      synchronized (chunks) {
        if (chunks.get(chunk) == 0) {
          addChunk(chunk, 1L << chunkShift);
        }
      }
    }
    return chunks.get(chunk) + (index & (1L << chunkShift) - 1) * elementSize;
  }

  /** How many elements a scan has to look at. */
  long scanSize() {
    return Math.min(fresh.get(), capacity) + spares;
  }

  /** The element at a position of a scan; it may be free. */
  long scanned(long position) {
    return at(position < spares ? capacity + position : position - spares);
  }

  private long pop(int stripe) {
    int slot = stripe * PAD;
    lock(slot);
    long element = heads[slot];
    if (element != 0) {
      heads[slot] = Memory.getLong(element + HtabLayout.ELEM_FREE);
    }
    locks.setRelease(slot, 0);
    return element;
  }

  /** Takes an element back. Its link to the next stays, for readers that are on it. */
  void give(int stripe, long element) {
    int slot = stripe * PAD;
    lock(slot);
    Memory.putLong(element + HtabLayout.ELEM_FREE, heads[slot]);
    heads[slot] = element;
    locks.setRelease(slot, 0);
  }

  private void lock(int slot) {
    for (int tries = 0; !locks.compareAndSet(slot, 0, 1); tries++) {
      SpinWait.pause(tries);
    }
  }

  /** Frees all elements; nobody looks any more. */
  void free() {
    for (int chunk = 0; chunk < chunks.length(); chunk++) {
      space.remove(chunks.get(chunk));
      Memory.free(chunks.get(chunk));
      if (perCpu != null && perCpuChunks[chunk] != 0) {
        perCpu.free(perCpuChunks[chunk]);
      }
    }
  }
}

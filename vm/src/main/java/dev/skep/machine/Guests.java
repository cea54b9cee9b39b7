package dev.skep.machine;

import dev.skep.natives.Memory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Places for Java threads that work on maps without holding a CPU: each is a reader of the grace
 * periods and owns a little memory for a key and a value.
 */
public final class Guests implements AutoCloseable {
  /** More threads than this inside map operations at once wait for each other. */
  static final int COUNT = 64;

  /** One place, held by one thread at a time. */
  public static final class Guest {
    private final int slot;
    private long scratch;
    private long capacity;

    private Guest(int slot) {
      this.slot = slot;
    }

    /** Off-heap memory of at least that many bytes, aligned to 64, with any contents. */
    public long scratch(long bytes) {
      if (bytes > capacity) {
        Memory.free(scratch);
        scratch = 0;
        capacity = 0;
        long wanted = Math.max(256, Long.highestOneBit(bytes - 1) << 1);
        scratch = Memory.allocate(wanted);
        capacity = wanted;
      }
      return scratch;
    }

    private void release() {
      Memory.free(scratch);
      scratch = 0;
      capacity = 0;
    }
  }

  /** Scratch memory above this is given back at exit. */
  private static final long KEEP = 1 << 20;

  private final GracePeriods gracePeriods;
  private final Guest[] guests = new Guest[COUNT];
  private final AtomicInteger next = new AtomicInteger();

  Guests(GracePeriods gracePeriods, int firstSlot) {
    this.gracePeriods = gracePeriods;
    for (int i = 0; i < COUNT; i++) {
      guests[i] = new Guest(firstSlot + i);
    }
  }

  /** Takes a place. Pair with {@link #leave}. */
  public Guest enter() {
    int start = next.get();
    for (int tries = 0; ; tries++) {
      Guest guest = guests[Math.floorMod(start + tries, COUNT)];
      if (gracePeriods.tryEnter(guest.slot)) {
        return guest;
      }
      if (tries == 0) {
        // Another thread is at work: spread out, and keep that place for next time.
        start = next.getAndIncrement();
      } else if (tries % COUNT == 0) {
        SpinWait.pause(tries);
      }
    }
  }

  public void leave(Guest guest) {
    if (guest.capacity > KEEP) {
      guest.release();
    }
    gracePeriods.exit(guest.slot);
  }

  /** Frees the scratch memory; nobody may be inside. */
  @Override
  public void close() {
    for (Guest guest : guests) {
      guest.release();
    }
  }
}

package dev.skep.machine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;

/**
 * Epoch-based reclamation: what a reader may still see is freed only after every reader that could
 * have seen it has left (the kernel's RCU grace period).
 *
 * <p>A reader is a slot: a CPU that a run holds, or a guest (a Java thread inside a map operation).
 * Its word is 0 outside and the epoch of entry inside. One compare-and-set claims the slot and
 * announces the reader; a store ends both.
 */
public final class GracePeriods {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle EPOCH;

  /** Longs between two slots: 128 bytes, so that neither a line nor its pair is shared. */
  private static final int STRIDE = 16;

  static {
    try {
      EPOCH = MethodHandles.lookup().findVarHandle(GracePeriods.class, "epoch", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private record Deferred(long epoch, Runnable action) {}

  private final long[] words;
  private final int slots;
  private final ArrayDeque<Deferred> deferred = new ArrayDeque<>();
  private volatile int pending;

  /** Whether the thread is inside {@link #reclaim}. */
  private final ThreadLocal<Boolean> reclaiming = ThreadLocal.withInitial(() -> false);

  @SuppressWarnings("FieldMayBeFinal") // changed through EPOCH
  private volatile long epoch = 1;

  GracePeriods(int slots) {
    this.slots = slots;
    this.words = new long[(slots + 1) * STRIDE];
  }

  /** Claims a free slot for the caller, who is a reader from here on. */
  boolean tryEnter(int slot) {
    return WORD.compareAndSet(words, (slot + 1) * STRIDE, 0L, epoch);
  }

  void exit(int slot) {
    WORD.setRelease(words, (slot + 1) * STRIDE, 0L);
    if (pending != 0) {
      reclaim();
    }
  }

  /**
   * Runs {@code action} once every reader of now has left; at once when there is none. The caller
   * has made the thing unreachable for new readers. Actions must not throw and not enter.
   */
  public void defer(Runnable action) {
    long tag = (long) EPOCH.getAndAdd(this, 1L);
    synchronized (deferred) {
      deferred.add(new Deferred(tag, action));
      pending = deferred.size();
    }
    reclaim();
  }

  /**
   * Waits until every reader of now has left (synchronize_rcu). A reader that calls it would wait
   * for itself: callers check that first.
   */
  public void synchronize() {
    long tag = (long) EPOCH.getAndAdd(this, 1L);
    for (int tries = 0; oldest() <= tag; tries++) {
      SpinWait.pause(tries);
    }
    reclaim();
  }

  /** The epoch of the reader that entered first, or the maximum when nobody is inside. */
  private long oldest() {
    long oldest = Long.MAX_VALUE;
    for (int slot = 0; slot < slots; slot++) {
      long word = (long) WORD.getVolatile(words, (slot + 1) * STRIDE);
      if (word != 0 && word < oldest) {
        oldest = word;
      }
    }
    return oldest;
  }

  /**
   * Runs the actions whose readers have left. What an action defers is left to the loop that runs
   * it: a long chain, as of maps and programs that hold each other, must not become a deep stack.
   */
  private void reclaim() {
    if (reclaiming.get()) {
      return;
    }
    reclaiming.set(true);
    try {
      runDue();
    } finally {
      reclaiming.remove();
    }
  }

  private void runDue() {
    while (true) {
      Deferred next;
      synchronized (deferred) {
        next = deferred.peek();
        if (next == null || oldest() <= next.epoch) {
          return;
        }
        deferred.remove();
        pending = deferred.size();
      }
      next.action.run();
    }
  }

  /** Actions that still wait for readers. */
  public int pending() {
    return pending;
  }
}

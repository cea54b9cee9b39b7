package dev.skep.map;

import dev.skep.machine.SpinWait;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The lock of a program array's changes (poke_mutex). Its holder may wait for a grace period, that
 * is for all runs: a run must not wait for it then, and what is freed between runs leaves its last
 * words to the holder instead of waiting.
 */
final class PokeMutex {
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<Runnable> left = new ConcurrentLinkedQueue<>();
  private volatile boolean waits;

  /**
   * Takes the lock.
   *
   * @param inside whether the caller is inside a run
   * @return false when the holder waits for the caller's run to end
   */
  boolean acquire(boolean inside) {
    if (!inside) {
      lock.lock();
      return true;
    }
    for (int tries = 0; !lock.tryLock(); tries++) {
      if (waits) {
        return false;
      }
      SpinWait.pause(tries);
    }
    return true;
  }

  /** The holder is about to wait for a grace period, or has done so. */
  void waits(boolean now) {
    waits = now;
  }

  void release() {
    waits = false;
    lock.unlock();
    runLeft();
  }

  /** Runs {@code action} with the lock held: now, or as soon as the present holder is done. */
  void whenFree(Runnable action) {
    left.add(action);
    runLeft();
  }

  /**
   * The holder looks again after it has let go, so that nothing stays behind. What the holder frees
   * itself, as it does while it waits for a grace period, comes in the middle of its change and is
   * left for later, too.
   */
  private void runLeft() {
    while (!left.isEmpty() && !lock.isHeldByCurrentThread() && lock.tryLock()) {
      try {
        for (Runnable next = left.poll(); next != null; next = left.poll()) {
          next.run();
        }
      } finally {
        lock.unlock();
      }
    }
  }
}

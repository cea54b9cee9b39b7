package dev.skep.machine;

import java.util.concurrent.locks.LockSupport;

/** How a thread waits for something that another one does in well under a microsecond. */
public final class SpinWait {
  private static final int SPINS = 100;
  private static final int YIELDS = 100;
  private static final long PARK_NANOS = 20_000;

  private SpinWait() {}

  /**
   * Waits a moment, longer with each try: the holder may have lost its core.
   *
   * @param tries how often the caller has waited so far
   */
  @SuppressWarnings("ThreadPriorityCheck") // a hint; progress does not depend on it
  public static void pause(int tries) {
    if (tries < SPINS) {
      Thread.onSpinWait();
    } else if (tries < SPINS + YIELDS) {
      Thread.yield();
    } else {
      LockSupport.parkNanos(PARK_NANOS);
    }
  }
}

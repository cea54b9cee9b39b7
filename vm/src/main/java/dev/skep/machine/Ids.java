package dev.skep.machine;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Numbers of maps and programs: one sequence for the process, so that a map's number is never taken
 * for a program's, nor one runtime's for another's.
 */
public final class Ids {
  private static final AtomicInteger LAST = new AtomicInteger();
  private static final Set<Integer> LIVE = ConcurrentHashMap.newKeySet();

  private Ids() {}

  /** The number of something new. */
  public static int next() {
    int id = LAST.incrementAndGet();
    LIVE.add(id);
    return id;
  }

  /** Its creator has closed it. */
  public static void gone(int id) {
    LIVE.remove(id);
  }

  /** Whether it stands for something, in any runtime, that its creator has not closed. */
  public static boolean isLive(int id) {
    return LIVE.contains(id);
  }
}

package dev.skep.machine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Numbers of maps and programs: one sequence for the process, so that a map's number is never taken
 * for a program's, nor one runtime's for another's.
 */
public final class Ids {
  private static final AtomicInteger LAST = new AtomicInteger();

  private Ids() {}

  public static int next() {
    return LAST.incrementAndGet();
  }
}

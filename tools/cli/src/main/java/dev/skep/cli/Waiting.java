package dev.skep.cli;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Results of work on other threads. */
final class Waiting {
  private static final int TICK_MILLIS = 200;

  private Waiting() {}

  /** The result, or what the work threw. */
  static <T> T result(Future<T> work) {
    return result(work, () -> {});
  }

  /** As {@link #result(Future)}; something else is done a few times a second meanwhile. */
  static <T> T result(Future<T> work, Runnable meanwhile) {
    try {
      while (!isDone(work)) {
        meanwhile.run();
      }
      return work.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UsageException("interrupted");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
  }

  private static boolean isDone(Future<?> work) throws InterruptedException {
    try {
      work.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException notYet) {
      return false;
    } catch (ExecutionException failed) {
      return true;
    }
  }
}

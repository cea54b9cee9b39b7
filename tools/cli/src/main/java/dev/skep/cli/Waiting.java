package dev.skep.cli;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** Results of work on other threads. */
final class Waiting {
  private Waiting() {}

  /** The result, or what the work threw. */
  static <T> T result(Future<T> work) {
    try {
      return work.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UsageException("interrupted");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
  }
}

package dev.skep.linux;

import java.util.ArrayDeque;
import java.util.Deque;

/** What was opened so far, to be closed in reverse order when the next step fails. */
final class Opened implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  <T extends AutoCloseable> T take(T resource) {
    open.push(resource);
    return resource;
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (RuntimeException unchecked) {
        throw unchecked;
      } catch (Exception checked) {
        throw new AssertionError(checked);
      }
    }
  }
}

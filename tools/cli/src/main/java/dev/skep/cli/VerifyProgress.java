package dev.skep.cli;

import java.util.Locale;

/**
 * A line on a terminal's standard error that says how far a long verification is; silent elsewhere
 * and in the first second.
 */
final class VerifyProgress {
  private static final long FIRST_NANOS = 800_000_000;
  private static final long EVERY_NANOS = 200_000_000;

  private final boolean shown;
  private final int objects;
  private final long start = System.nanoTime();
  private long last = start + FIRST_NANOS - EVERY_NANOS;
  private boolean dirty;

  VerifyProgress(boolean wanted, int objects) {
    this.shown = wanted && Terminal.isError();
    this.objects = objects;
  }

  /** Says how far it is, if that is due; from any thread. */
  synchronized void show(int done, int programs) {
    long now = System.nanoTime();
    if (!shown || now - last < EVERY_NANOS) {
      return;
    }
    last = now;
    dirty = true;
    System.err.print("\r" + text(done, programs, now - start) + "\u001b[K");
    System.err.flush();
  }

  private String text(int done, int programs, long nanos) {
    return String.format(
        Locale.ROOT, "%,d/%,d objects, %,d programs, %.1f s", done, objects, programs, nanos / 1e9);
  }

  /** Takes the line away before something else is printed. */
  synchronized void clear() {
    if (dirty) {
      System.err.print("\r\u001b[K");
      System.err.flush();
      dirty = false;
    }
  }
}

package dev.skep.cli;

import java.util.Locale;

/**
 * A line on a terminal's standard error that says how far a long job is; silent elsewhere and in
 * the first second.
 */
@SuppressWarnings("SystemConsoleNull") // the tool says so, the signature does not
final class Progress {
  private static final long EVERY_NANOS = 200_000_000;

  private final boolean shown;
  private final long totalBytes;
  private final long start = System.nanoTime();
  private long last = start + 800_000_000;
  private boolean dirty;

  /**
   * @param totalBytes size of the input, 0 when unknown
   */
  Progress(boolean wanted, long totalBytes) {
    java.io.Console console = System.console();
    this.shown = wanted && console != null && console.isTerminal();
    this.totalBytes = totalBytes;
  }

  void show(long packets, long position) {
    long now = System.nanoTime();
    if (!shown || now - last < EVERY_NANOS) {
      return;
    }
    last = now;
    dirty = true;
    double seconds = (now - start) / 1e9;
    String share =
        totalBytes == 0
            ? ""
            : String.format(Locale.ROOT, ", %.0f %%", 100.0 * position / totalBytes);
    System.err.printf(Locale.ROOT, "\r%,d packets, %.1f s%s\u001b[K", packets, seconds, share);
    System.err.flush();
  }

  void clear() {
    if (dirty) {
      System.err.print("\r\u001b[K");
      System.err.flush();
    }
  }
}

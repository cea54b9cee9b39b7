package dev.skep.engine;

/**
 * A program with its input in place, for callers that run it many times: no result objects, no
 * copies. The input keeps what the program wrote into it, as with repeat. Not for several threads
 * at once.
 */
public interface PreparedRun extends AutoCloseable {
  /** Runs the program once; returns its 32-bit result. */
  int run();

  @Override
  void close();
}

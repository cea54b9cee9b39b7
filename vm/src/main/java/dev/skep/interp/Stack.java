package dev.skep.interp;

import dev.skep.natives.Memory;

/** The stack of the runs of one CPU: an off-heap block that frames fill from the end down. */
final class Stack implements AutoCloseable {
  /**
   * Enough for all that the verifier lets through: 33 tail calls out of subprograms with 256 bytes
   * of frames below each, a program of 512 bytes per frame in 8 frames, and callbacks.
   */
  static final int BYTES = 1 << 16;

  /** Lowest address. */
  final long start;

  /** One past the highest. */
  final long end;

  Stack() {
    start = Memory.allocate(BYTES, 4096);
    end = start + BYTES;
  }

  @Override
  public void close() {
    Memory.free(start);
  }
}

package dev.skep.linux.sys;

import dev.skep.natives.Syscalls;

/** A file descriptor and its only owner. */
public final class Fd implements AutoCloseable {
  private final Syscalls syscalls;
  private final int number;
  private volatile boolean closed;

  public Fd(Syscalls syscalls, int number) {
    this.syscalls = syscalls;
    this.number = number;
  }

  /**
   * The descriptor's number.
   *
   * @throws IllegalStateException if it is closed, when the number may be another's
   */
  public int number() {
    if (closed) {
      throw new IllegalStateException("closed descriptor");
    }
    return number;
  }

  /** Closes the descriptor, once. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      syscalls.syscall(CallNumbers.CLOSE, number);
    }
  }
}

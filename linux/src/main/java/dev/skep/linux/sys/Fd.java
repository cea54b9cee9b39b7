package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.natives.Syscalls;

/** A file descriptor and its only owner. */
public final class Fd implements AutoCloseable {
  private static final int F_DUPFD_CLOEXEC = 1030;

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

  /** A second descriptor of the same file, for an owner of its own. */
  public static Fd duplicate(Syscalls syscalls, int number) {
    long copy = syscalls.syscall(CallNumbers.FCNTL, number, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
      throw new BpfErrnoException((int) -copy, "second descriptor of " + number);
    }
    return new Fd(syscalls, (int) copy);
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

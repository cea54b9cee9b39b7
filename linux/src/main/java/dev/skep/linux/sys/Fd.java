package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.natives.Syscalls;
import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor and its only owner. */
public final class Fd implements AutoCloseable {
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int CLOSED = Integer.MIN_VALUE;

  private final Syscalls syscalls;
  private final int number;

  /** How many calls use the number now; below 0 once it is closed. */
  private final AtomicInteger users = new AtomicInteger();

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
    if (users.get() < 0) {
      throw new IllegalStateException("closed descriptor");
    }
    return number;
  }

  public boolean isOpen() {
    return users.get() >= 0;
  }

  /**
   * The number, which stays this file's until {@link #release}: a close by another thread waits for
   * that, so that no call meets another's file.
   *
   * @throws IllegalStateException if it is closed
   */
  public int hold() {
    if (users.getAndUpdate(count -> count < 0 ? count : count + 1) < 0) {
      throw new IllegalStateException("closed descriptor");
    }
    return number;
  }

  /** Ends a {@link #hold}. */
  public void release() {
    if (users.decrementAndGet() == CLOSED) {
      syscalls.syscall(CallNumbers.CLOSE, number);
    }
  }

  /** A second descriptor of the same file, for an owner of its own. */
  public static Fd duplicate(Syscalls syscalls, int number) {
    long copy = syscalls.syscall(CallNumbers.FCNTL, number, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
      throw new BpfErrnoException((int) -copy, "second descriptor of " + number);
    }
    return new Fd(syscalls, (int) copy);
  }

  /** Closes the descriptor, once: at once, or with the last call that uses it. */
  @Override
  public void close() {
    if (users.getAndUpdate(count -> count < 0 ? count : count + CLOSED) == 0) {
      syscalls.syscall(CallNumbers.CLOSE, number);
    }
  }
}

package dev.skep.linux.sys;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.natives.Memory;
import dev.skep.natives.Syscalls;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** epoll(7): waits until one of several descriptors has something. For one thread at a time. */
public final class Epoll implements AutoCloseable {
  /** EPOLLIN. */
  public static final int READABLE = 1;

  /** EPOLLOUT. */
  public static final int WRITABLE = 4;

  private static final int CLOEXEC = 0x80000;
  private static final int CTL_ADD = 1;
  private static final int SIGSET_BYTES = 8;
  private static final int MAX_EVENTS = 64;

  /** struct epoll_event is packed on x86-64 only. */
  private static final int DATA =
      System.getProperty("os.arch", "").equals("aarch64") ? Long.BYTES : Integer.BYTES;

  private static final int EVENT_BYTES = DATA + Long.BYTES;

  /** How long a wait may be deaf to interrupts of its thread. */
  private static final long SLICE_MILLIS = 100;

  private final Syscalls syscalls;
  private final Fd fd;
  private final long events = Memory.allocate((long) EVENT_BYTES * MAX_EVENTS);
  private int ready;
  private boolean closed;

  public Epoll(Syscalls syscalls) {
    this.syscalls = syscalls;
    long result = syscalls.syscall(CallNumbers.EPOLL_CREATE1, CLOEXEC);
    if (result < 0) {
      Memory.free(events);
      throw new BpfErrnoException((int) -result, "epoll_create");
    }
    fd = new Fd(syscalls, (int) result);
  }

  /**
   * Watches a descriptor, level-triggered.
   *
   * @param token what {@link #token} gives for it
   */
  public void add(int watched, int interest, long token) {
    Memory.putInt(events, interest);
    Memory.putLong(events + DATA, token);
    long result = syscalls.syscall(CallNumbers.EPOLL_CTL, fd.number(), CTL_ADD, watched, events);
    if (result < 0) {
      throw new BpfErrnoException((int) -result, "epoll_ctl");
    }
  }

  /**
   * Waits for up to {@code nanos}, less if the thread is interrupted (its flag stays).
   *
   * @param nanos rounded up to milliseconds; 0 or less only looks
   * @param stop asked ten times a second whether to give up
   * @return how many descriptors are ready
   */
  public int await(long nanos, BooleanSupplier stop) {
    long deadline = System.nanoTime() + nanos;
    long left = nanos;
    do {
      long millis = Math.max(0, Math.min(SLICE_MILLIS, (left + 999_999) / 1_000_000));
      long result =
          syscalls.syscall(
              CallNumbers.EPOLL_PWAIT, fd.number(), events, MAX_EVENTS, millis, 0, SIGSET_BYTES);
      if (result < 0 && result != -Errno.EINTR) {
        throw new BpfErrnoException((int) -result, "epoll_wait");
      }
      ready = (int) Math.max(0, result);
      left = deadline - System.nanoTime();
    } while (ready == 0
        && left > 0
        && !stop.getAsBoolean()
        && !Thread.currentThread().isInterrupted());
    return ready;
  }

  /** A timeout in nanoseconds; what does not fit is cut. */
  public static long nanos(Duration timeout) {
    try {
      return timeout.toNanos();
    } catch (ArithmeticException tooLong) {
      return timeout.isNegative() ? 0 : Long.MAX_VALUE / 2;
    }
  }

  /** The token of ready descriptor {@code index}. */
  public long token(int index) {
    if (index >= ready) {
      throw new IndexOutOfBoundsException(index + " of " + ready);
    }
    return Memory.getLong(events + (long) index * EVENT_BYTES + DATA);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      fd.close();
      Memory.free(events);
    }
  }
}

package dev.skep.linux;

import dev.skep.linux.sys.Epoll;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;

/**
 * One user at a time of memory that somebody may end: closing waits for the user's turn to be over.
 * A user who closes in the middle of its own turn finishes it first, and the memory goes then.
 */
final class Turns {
  /** How long to leave a record alone that a program is still filling. */
  private static final long BUSY_NANOS = 20_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final String what;
  private final Runnable release;
  private volatile boolean closed;
  private boolean released;

  /**
   * @param what names the memory in errors
   * @param release frees it; runs once
   */
  Turns(String what, Runnable release) {
    this.what = what;
    this.release = release;
  }

  /**
   * Begins a turn, to be followed by {@link #end}.
   *
   * @throws IllegalStateException if it is closed, or this thread is in a turn already
   */
  void begin() {
    if (lock.isHeldByCurrentThread()) {
      throw new IllegalStateException(what + " is in use by its own consumer");
    }
    lock.lock();
    if (closed) {
      end();
      throw new IllegalStateException("closed " + what);
    }
  }

  void end() {
    try {
      releaseOnce();
    } finally {
      lock.unlock();
    }
  }

  /** One turn. */
  int take(IntSupplier work) {
    begin();
    try {
      return work.getAsInt();
    } finally {
      end();
    }
  }

  /** One turn of work that is repeated until it did something, waiting for a descriptor between. */
  int poll(Epoll epoll, Duration timeout, IntSupplier work) {
    begin();
    try {
      long deadline = System.nanoTime() + Epoll.nanos(timeout);
      boolean ready = false;
      while (true) {
        int count = work.getAsInt();
        long left = deadline - System.nanoTime();
        if (count > 0 || left <= 0 || closed || Thread.currentThread().isInterrupted()) {
          return count;
        }
        if (ready) {
          // There is something, but nothing whole.
          LockSupport.parkNanos(BUSY_NANOS);
        }
        ready = epoll.await(left, this::closed) > 0;
      }
    } finally {
      end();
    }
  }

  /** Whether somebody has closed: a turn shall end soon. */
  boolean closed() {
    return closed;
  }

  /** Ends it all, at once or with the turn of this thread. */
  void close() {
    closed = true;
    lock.lock();
    try {
      if (lock.getHoldCount() == 1) {
        releaseOnce();
      }
    } finally {
      lock.unlock();
    }
  }

  private void releaseOnce() {
    if (closed && !released) {
      released = true;
      release.run();
    }
  }
}

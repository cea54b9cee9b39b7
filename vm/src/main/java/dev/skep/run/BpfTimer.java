package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.machine.SpinWait;
import dev.skep.map.VmMap;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One timer in a value of a map (struct bpf_hrtimer). */
final class BpfTimer {
  private static final int KEY_BYTES = 8;

  private final VmMap map;
  private final long value;
  private final int clock;
  private @Nullable Callback callback;
  private @Nullable Future<?> pending;

  /** Counts starts and cancellations: an expiry of an earlier one does nothing. */
  private int generation;

  /** In the callback, or about to enter it. */
  private volatile @Nullable Thread running;

  /** A function of a program, taken and dropped as one. */
  private record Callback(AsyncProgram program, long function) {}

  BpfTimer(VmMap map, long value, int clock) {
    this.map = map;
    this.value = value;
    this.clock = clock;
  }

  /** CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME. */
  int clock() {
    return clock;
  }

  synchronized long callback(AsyncProgram owner, long function) {
    callback = new Callback(owner, function);
    return 0;
  }

  /** Has itself called after some nanoseconds. */
  synchronized long start(Timers timers, long nanos) {
    if (callback == null) {
      return -Errno.EINVAL;
    }
    drop();
    int started = generation;
    pending = timers.after(nanos, () -> expire(timers, started));
    return 0;
  }

  /** Ends the present start; whether there was one. */
  private boolean drop() {
    generation++;
    Future<?> present = pending;
    pending = null;
    return present != null && present.cancel(false);
  }

  /** bpf_timer_cancel: 1 if it was started, 0 if not; the callback is forgotten and not running. */
  long cancel() {
    if (Thread.currentThread().equals(running)) {
      return -Errno.EDEADLK;
    }
    boolean active = forget();
    awaitEnd();
    return active ? 1 : 0;
  }

  /** The value's memory goes: the callback is forgotten and not running in another thread. */
  void end() {
    forget();
    awaitEnd();
  }

  private void awaitEnd() {
    for (int tries = 0; ; tries++) {
      Thread present = running;
      if (present == null || present.equals(Thread.currentThread())) {
        return;
      }
      SpinWait.pause(tries);
    }
  }

  /** The value goes, or the program. */
  synchronized boolean forget() {
    callback = null;
    return drop();
  }

  private void expire(Timers timers, int started) {
    Cpu cpu = timers.enter();
    try {
      Callback present = begin(started);
      if (present != null) {
        call(timers, present, cpu);
      }
    } finally {
      timers.leave();
    }
  }

  private synchronized @Nullable Callback begin(int started) {
    if (generation != started) {
      return null;
    }
    pending = null;
    running = callback == null ? null : Thread.currentThread();
    return callback;
  }

  private void call(Timers timers, Callback present, Cpu cpu) {
    long scratch = timers.keyMemory(KEY_BYTES);
    try {
      long key = map.keyOf(value, scratch);
      present.program().call(cpu, present.function(), map.address(), key, value);
    } finally {
      timers.freeKey(scratch);
      running = null;
    }
  }
}

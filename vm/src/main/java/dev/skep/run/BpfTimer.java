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
  private @Nullable AsyncProgram program;
  private long function;
  private @Nullable Future<?> pending;

  /** Counts starts and cancellations: an expiry of an earlier one does nothing. */
  private int generation;

  private volatile @Nullable Thread running;

  BpfTimer(VmMap map, long value, int clock) {
    this.map = map;
    this.value = value;
    this.clock = clock;
  }

  /** CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME. */
  int clock() {
    return clock;
  }

  synchronized long callback(AsyncProgram owner, long callback) {
    program = owner;
    function = callback;
    return 0;
  }

  /** Has itself called after some nanoseconds. */
  synchronized long start(Timers timers, long nanos) {
    if (program == null) {
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
    for (int tries = 0; running != null; tries++) {
      SpinWait.pause(tries);
    }
    return active ? 1 : 0;
  }

  /** The value goes, or the program. */
  synchronized boolean forget() {
    program = null;
    function = 0;
    return drop();
  }

  private void expire(Timers timers, int started) {
    Cpu cpu = timers.enter();
    try {
      AsyncProgram owner = begin(started);
      if (owner != null) {
        call(timers, owner, cpu);
      }
    } finally {
      timers.leave();
    }
  }

  private synchronized @Nullable AsyncProgram begin(int started) {
    if (generation != started) {
      return null;
    }
    pending = null;
    return program;
  }

  private void call(Timers timers, AsyncProgram owner, Cpu cpu) {
    long callback = function;
    running = Thread.currentThread();
    long scratch = timers.keyMemory(KEY_BYTES);
    try {
      owner.call(cpu, callback, map.address(), map.keyOf(value, scratch), value);
    } finally {
      timers.freeKey(scratch);
      running = null;
    }
  }
}

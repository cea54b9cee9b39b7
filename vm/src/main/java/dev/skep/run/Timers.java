package dev.skep.run;

import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.map.Maps;
import dev.skep.map.ValueTimers;
import dev.skep.map.VmMap;
import dev.skep.natives.Memory;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one runtime (kernel/bpf/helpers.c): a thread of their own takes a CPU when one
 * expires, and calls the callback there.
 */
final class Timers implements ValueTimers, AutoCloseable {
  private static final long MAX_CLOCKS = 16;
  private static final int REALTIME = 0;
  private static final int MONOTONIC = 1;
  private static final int BOOTTIME = 7;
  private static final long ABS = 1;
  private static final long CPU_PIN = 2;

  private final Maps maps;
  private final Machine machine;
  private final KernelVariables variables;
  private final Map<Long, BpfTimer> timers = new ConcurrentHashMap<>();
  private @Nullable ScheduledThreadPoolExecutor executor;

  Timers(Maps maps, KernelVariables variables) {
    this.maps = maps;
    machine = maps.machine();
    this.variables = variables;
    maps.timers(this);
  }

  void define(HelperTable table) {
    table.set(169, (cpu, timer, map, flags, r4, r5) -> init(timer, map, flags));
    table.set(170, (cpu, timer, function, program, r4, r5) -> set(timer, function, program));
    table.set(171, (cpu, timer, nanos, flags, r4, r5) -> start(timer, nanos, flags));
    table.set(172, (cpu, timer, r2, r3, r4, r5) -> cancel(timer));
  }

  private long init(long address, long map, long flags) {
    boolean known = flags == REALTIME || flags == MONOTONIC || flags == BOOTTIME;
    if (flags < 0 || flags >= MAX_CLOCKS || !known) {
      return -Errno.EINVAL;
    }
    VmMap holder = maps.at(map);
    BpfTimer timer = new BpfTimer(holder, holder.valueOfTimer(address), (int) flags);
    return timers.putIfAbsent(address, timer) == null ? 0 : -Errno.EBUSY;
  }

  private long set(long address, long function, long number) {
    BpfTimer timer = timers.get(address);
    AsyncProgram program = variables.programs().at(number);
    return timer == null || program == null ? -Errno.EINVAL : timer.callback(program, function);
  }

  private long start(long address, long nanos, long flags) {
    BpfTimer timer = timers.get(address);
    if ((flags & ~(ABS | CPU_PIN)) != 0 || timer == null) {
      return -Errno.EINVAL;
    }
    return timer.start(this, (flags & ABS) != 0 ? nanos - now(timer.clock()) : nanos);
  }

  private static long now(int clock) {
    return clock == REALTIME
        ? TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis())
        : System.nanoTime();
  }

  private long cancel(long address) {
    BpfTimer timer = timers.get(address);
    return timer == null ? -Errno.EINVAL : timer.cancel();
  }

  @Override
  public void free(long address) {
    BpfTimer timer = timers.remove(address);
    if (timer != null) {
      timer.forget();
    }
  }

  @Override
  public void end(long address) {
    BpfTimer timer = timers.remove(address);
    if (timer != null) {
      timer.end();
    }
  }

  synchronized Future<?> after(long nanos, Runnable expiry) {
    ScheduledThreadPoolExecutor present = executor;
    if (present == null) {
      present =
          new ScheduledThreadPoolExecutor(
              1, task -> Thread.ofPlatform().daemon().name("skep-timers").unstarted(task));
      present.setRemoveOnCancelPolicy(true);
      executor = present;
    }
    return present.schedule(expiry, Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  /** Takes a CPU for a callback. */
  Cpu enter() {
    Cpu cpu = machine.cpus().enter();
    variables.refresh();
    return cpu;
  }

  void leave() {
    machine.cpus().leave();
  }

  /** Memory for a key that the map does not store; programs may read it. */
  long keyMemory(int bytes) {
    long key = Memory.allocate(bytes);
    machine.addressSpace().add(key, bytes);
    return key;
  }

  void freeKey(long key) {
    machine.addressSpace().remove(key);
    Memory.free(key);
  }

  /** No timer expires from now on. */
  @Override
  public void close() {
    timers.values().forEach(BpfTimer::forget);
    ScheduledThreadPoolExecutor present;
    synchronized (this) {
      present = executor;
    }
    if (present != null) {
      present.shutdownNow();
      present.close();
    }
  }
}

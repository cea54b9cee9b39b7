package dev.skep.run;

import dev.skep.machine.Cpu;
import dev.skep.machine.Cpus;
import java.util.ArrayDeque;
import java.util.function.Supplier;

/**
 * Context blocks of one kind, kept per CPU and used again: the holder of a CPU takes one for a run,
 * and another one for a run inside that.
 */
final class ContextPool<T extends AutoCloseable> {
  private final ArrayDeque<T>[] free;
  private final Supplier<T> factory;

  @SuppressWarnings({"unchecked", "rawtypes"})
  ContextPool(Cpus cpus, Supplier<T> factory) {
    this.factory = factory;
    free = new ArrayDeque[cpus.count()];
    for (int i = 0; i < free.length; i++) {
      free[i] = new ArrayDeque<>();
    }
  }

  T take(Cpu cpu) {
    T context = free[cpu.index()].poll();
    return context != null ? context : factory.get();
  }

  void give(Cpu cpu, T context) {
    free[cpu.index()].push(context);
  }

  /** Frees the blocks that are not in use; nothing runs. */
  void close() {
    for (ArrayDeque<T> all : free) {
      for (T context : all) {
        try {
          context.close();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
      all.clear();
    }
  }
}

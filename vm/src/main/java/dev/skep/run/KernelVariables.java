package dev.skep.run;

import dev.skep.errors.UnsupportedException;
import dev.skep.machine.AddressSpace;
import dev.skep.natives.Memory;
import dev.skep.rewrite.KernelVariable;

/** Memory that stands for variables of the kernel which rewritten code reads. */
final class KernelVariables implements AutoCloseable {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** The kernel's jiffies start five minutes before their 32-bit overflow. */
  private static final long START_SECONDS = 300;

  private final AddressSpace space;
  private final long hz;
  private final long jiffies = Memory.allocate(8);
  private final AsyncPrograms programs = new AsyncPrograms();
  private volatile boolean used;

  KernelVariables(AddressSpace space, int hz) {
    this.space = space;
    this.hz = hz;
    space.add(jiffies, 8);
  }

  long address(KernelVariable variable) {
    return switch (variable) {
      case JIFFIES -> {
        used = true;
        refresh();
        yield jiffies;
      }
      case NAMED -> throw new UnsupportedException("addresses of variables of the kernel");
      case PROGRAM -> throw new IllegalStateException("each program has its own");
      case OBJECT_FIELDS ->
          throw new UnsupportedException("objects that programs allocate, with special fields");
    };
  }

  /** The programs that pass themselves to helpers. */
  AsyncPrograms programs() {
    return programs;
  }

  /** Brings the variables up to date, before a run. */
  void refresh() {
    if (used) {
      Memory.putLong(jiffies, jiffies());
    }
  }

  /** The tick counter of now. */
  long jiffies() {
    return (1L << 32) - START_SECONDS * hz + System.nanoTime() / (NANOS_PER_SECOND / hz);
  }

  @Override
  public void close() {
    space.remove(jiffies);
    Memory.free(jiffies);
  }
}

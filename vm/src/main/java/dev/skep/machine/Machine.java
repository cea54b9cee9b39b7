package dev.skep.machine;

import dev.skep.natives.PerCpuRegion;

/** What maps and programs of one runtime share: CPUs, per-CPU memory, grace periods. */
public final class Machine implements AutoCloseable {
  /** The kernel's NR_CPUS of the configuration that is reproduced. */
  public static final int MAX_CPUS = 256;

  private final Cpus cpus;
  private final PerCpuRegion perCpu;
  private final GracePeriods gracePeriods;
  private final Guests guests;
  private final AddressSpace addressSpace;

  private Machine(int[] possible) {
    perCpu = new PerCpuRegion(possible[possible.length - 1] + 1);
    addressSpace = new AddressSpace(perCpu);
    gracePeriods = new GracePeriods(possible.length + Guests.COUNT);
    guests = new Guests(gracePeriods, possible.length);
    Cpu[] all = new Cpu[possible.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Cpu(possible[i], i, perCpu.base(possible[i]));
    }
    cpus = new Cpus(all, gracePeriods);
  }

  /** A machine with CPUs 0 to {@code cpus}-1. */
  public static Machine ofCpus(int cpus) {
    int[] possible = new int[checked(cpus)];
    for (int i = 0; i < cpus; i++) {
      possible[i] = i;
    }
    return new Machine(possible);
  }

  /**
   * A machine whose possible CPUs have these numbers.
   *
   * @param possible ascending, below {@link #MAX_CPUS}
   */
  public static Machine ofMask(int... possible) {
    checked(possible.length);
    for (int i = 0; i < possible.length; i++) {
      if (possible[i] <= (i == 0 ? -1 : possible[i - 1]) || possible[i] >= MAX_CPUS) {
        throw new IllegalArgumentException("cpu " + possible[i] + " in a mask of cpus");
      }
    }
    return new Machine(possible.clone());
  }

  private static int checked(int count) {
    if (count < 1 || count > MAX_CPUS) {
      throw new IllegalArgumentException(count + " cpus, want 1 to " + MAX_CPUS);
    }
    return count;
  }

  public Cpus cpus() {
    return cpus;
  }

  public PerCpuRegion perCpu() {
    return perCpu;
  }

  public GracePeriods gracePeriods() {
    return gracePeriods;
  }

  public Guests guests() {
    return guests;
  }

  /** What programs may touch; blocks that they get addresses of are added to it. */
  public AddressSpace addressSpace() {
    return addressSpace;
  }

  /** Frees all memory; nothing of the runtime may be in use. */
  @Override
  public void close() {
    gracePeriods.synchronize();
    guests.close();
    perCpu.close();
  }
}

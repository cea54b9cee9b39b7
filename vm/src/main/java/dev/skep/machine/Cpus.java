package dev.skep.machine;

/**
 * The CPUs of a machine and who holds them. A thread enters before it runs a program and leaves
 * after it; it gets the CPU it had last when that is free. A run inside a run (a helper written in
 * Java that runs a program) shares the outer one's CPU.
 */
public final class Cpus {
  /** What a thread has: the CPU of its runs, and how deep they are nested. For that thread only. */
  public static final class Lease {
    private final Cpus cpus;
    private int depth;
    private int preferred = -1;

    private Lease(Cpus cpus) {
      this.cpus = cpus;
    }

    /** As {@link Cpus#enter()}. */
    public Cpu enter() {
      if (depth++ == 0 && (preferred < 0 || !cpus.gracePeriods.tryEnter(preferred))) {
        preferred = cpus.waitForAny(preferred);
      }
      return cpus.cpus[preferred];
    }

    /** As {@link Cpus#leave()}. */
    public void leave() {
      if (depth <= 0) {
        throw new IllegalStateException("leave without enter");
      }
      if (--depth == 0) {
        cpus.gracePeriods.exit(preferred);
      }
    }
  }

  private final Cpu[] cpus;
  private final int idLimit;
  private final GracePeriods gracePeriods;
  private final ThreadLocal<Lease> leases = ThreadLocal.withInitial(() -> new Lease(this));

  Cpus(Cpu[] cpus, GracePeriods gracePeriods) {
    this.cpus = cpus;
    this.idLimit = cpus[cpus.length - 1].number() + 1;
    this.gracePeriods = gracePeriods;
  }

  /** How many CPUs there are. */
  public int count() {
    return cpus.length;
  }

  /** One more than the highest number (nr_cpu_ids). */
  public int idLimit() {
    return idLimit;
  }

  /** The CPU at a position among the possible ones. */
  public Cpu at(int index) {
    return cpus[index];
  }

  /** The position of the CPU with that number, or -1 when there is none. */
  public int indexOf(int number) {
    if (number < cpus.length && number >= 0 && cpus[number].number() == number) {
      return number;
    }
    for (Cpu cpu : cpus) {
      if (cpu.number() == number) {
        return cpu.index();
      }
    }
    return -1;
  }

  /** Takes a CPU for this thread, waiting for one when all are busy. Pair with {@link #leave}. */
  public Cpu enter() {
    return leases.get().enter();
  }

  /** This thread's lease, for callers that enter often. */
  public Lease lease() {
    return leases.get();
  }

  /**
   * Takes the CPU at a position, waiting for it. A nested run cannot change the CPU.
   *
   * @throws IllegalStateException if this thread holds another one
   */
  public Cpu enter(int index) {
    Lease lease = leases.get();
    if (lease.depth > 0 && lease.preferred != index) {
      throw new IllegalStateException(
          "a run on cpu "
              + cpus[lease.preferred].number()
              + " cannot run a program on cpu "
              + cpus[index].number());
    }
    if (lease.depth++ == 0) {
      for (int tries = 0; !gracePeriods.tryEnter(index); tries++) {
        SpinWait.pause(tries);
      }
      lease.preferred = index;
    }
    return cpus[index];
  }

  /** Ends what the last {@link #enter} of this thread began. */
  public void leave() {
    leases.get().leave();
  }

  /** Whether this thread is inside a run. */
  public boolean held() {
    return leases.get().depth > 0;
  }

  private int waitForAny(int preferred) {
    int start = preferred >= 0 ? preferred : (int) Thread.currentThread().threadId();
    for (int tries = 0; ; tries++) {
      for (int i = 0; i < cpus.length; i++) {
        int index = Math.floorMod(start + i, cpus.length);
        if (gracePeriods.tryEnter(index)) {
          return index;
        }
      }
      SpinWait.pause(tries);
    }
  }
}

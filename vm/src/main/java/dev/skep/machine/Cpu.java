package dev.skep.machine;

/**
 * One CPU of a runtime. A run holds it exclusively from entry to exit, as a kernel program with
 * migration disabled does.
 */
public final class Cpu {
  private final int number;
  private final long perCpuBase;

  /**
   * @param number 0 .. nr_cpu_ids-1
   * @param perCpuBase what mov64_percpu adds to a per-CPU offset to get this CPU's address
   */
  public Cpu(int number, long perCpuBase) {
    this.number = number;
    this.perCpuBase = perCpuBase;
  }

  public int number() {
    return number;
  }

  public long perCpuBase() {
    return perCpuBase;
  }
}

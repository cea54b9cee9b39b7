package dev.skep.machine;

/**
 * One CPU of a runtime. A run holds it exclusively from entry to exit, as a kernel program with
 * migration disabled does.
 */
public final class Cpu {
  private final int number;
  private final int index;
  private final long perCpuBase;
  private BpfCallback callback = BpfCallback.NONE;
  private BpfStack stack = BpfStack.NONE;

  /**
   * A CPU whose index is its number.
   *
   * @param number 0 .. nr_cpu_ids-1
   * @param perCpuBase what mov64_percpu adds to a per-CPU offset to get this CPU's address
   */
  public Cpu(int number, long perCpuBase) {
    this(number, number, perCpuBase);
  }

  Cpu(int number, int index, long perCpuBase) {
    this.number = number;
    this.index = index;
    this.perCpuBase = perCpuBase;
  }

  /** The CPU's number: what bpf_get_smp_processor_id gives. */
  public int number() {
    return number;
  }

  /** Its position among the possible CPUs; equal to the number unless the mask has holes. */
  public int index() {
    return index;
  }

  public long perCpuBase() {
    return perCpuBase;
  }

  /** How a function that a program called reaches the functions of that program. */
  public BpfCallback callback() {
    return callback;
  }

  /**
   * Puts the way back in place for the calls that follow. The engine sets it before it calls a
   * function that may call back, and puts the former one back when its run ends.
   */
  public void callback(BpfCallback way) {
    callback = way;
  }

  /** Where the running program's stack is. */
  public BpfStack stack() {
    return stack;
  }

  /** Tells where stacks of programs on this CPU are; the engine says it once. */
  public void stack(BpfStack place) {
    stack = place;
  }
}

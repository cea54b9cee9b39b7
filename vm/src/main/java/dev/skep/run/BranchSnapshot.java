package dev.skep.run;

/**
 * Where bpf_get_branch_snapshot takes a CPU's last branches from: what the last branch records
 * (LBR) are to the kernel. A recording of a real machine may be played back, or a test have
 * branches of its own.
 */
@FunctionalInterface
public interface BranchSnapshot {
  /** No branches: programs get -ENOENT, as on a machine where nothing records them. */
  BranchSnapshot NONE = (cpu, records, most) -> 0;

  /** Numbers of one record: struct perf_branch_entry is from, to and flags, 64 bits each. */
  int WORDS = 3;

  /** The most records that a program can get at once, whatever room it has. */
  int MOST = 32;

  /**
   * Gives the last branches of a CPU, the latest first. Called inside a run, so it should be quick;
   * CPUs may call at once, each on its own thread.
   *
   * @param cpu the CPU's number
   * @param records takes {@link #WORDS} numbers for each branch: from, to, flags
   * @param most how many branches {@code records} has room for, 1 to {@link #MOST}
   * @return how many there are, 0 to {@code most}
   */
  int take(int cpu, long[] records, int most);
}

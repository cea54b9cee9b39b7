package dev.skep.run;

import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.rewrite.KernelFunction;

/**
 * bpf_get_branch_snapshot (kernel/trace/bpf_trace.c). Rewrites put its tests of flags and size, and
 * what it makes of none, into the program; the rest is perf_snapshot_branch_stack.
 */
final class BranchHelpers {
  private final BranchSnapshot source;

  BranchHelpers(BranchSnapshot source) {
    this.source = source;
  }

  void define(HelperTable table) {
    table.set(
        KernelFunction.BRANCH_SNAPSHOT,
        (cpu, entries, count, r3, r4, r5) -> take(cpu, entries, count));
  }

  /** Writes records to an address that has room for {@code count}; returns how many. */
  private long take(Cpu cpu, long entries, long count) {
    int most = (int) Math.min(count, BranchSnapshot.MOST);
    if (most <= 0) {
      return 0;
    }
    long[] records = new long[most * BranchSnapshot.WORDS];
    int taken = source.take(cpu.number(), records, most);
    if (taken < 0 || taken > most) {
      throw new IllegalStateException("a snapshot of " + taken + " branches, of at most " + most);
    }
    for (int i = 0; i < taken * BranchSnapshot.WORDS; i++) {
      Memory.putLong(entries + 8L * i, records[i]);
    }
    return taken;
  }
}

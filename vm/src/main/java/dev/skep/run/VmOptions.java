package dev.skep.run;

import dev.skep.machine.BpfFunction;
import dev.skep.program.Dialect;
import dev.skep.program.Helpers;
import dev.skep.program.HostFacts;
import dev.skep.program.KernelTypes;
import dev.skep.rewrite.RewriteOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How a {@link Vm} is built.
 *
 * @param cpus numbers of the possible CPUs, ascending; the mask may have holes
 * @param dialect the kernel whose rules hold
 * @param hz timer ticks per second
 * @param devices indexes of network devices besides loopback
 * @param trace takes each line of bpf_trace_printk, without a newline
 * @param helpers implementations by helper number, in place of Skep's own
 * @param kernel types of the kernel that the verifier knows
 * @param guardedMaps whether maps are as somebody without CAP_PERFMON creates them: indexes are
 *     masked against speculation
 * @param rewrites how tail calls are encoded, and whether direct ones are wanted: a JIT does as it
 *     is told, the interpreter has no direct ones
 * @param branches where bpf_get_branch_snapshot takes a CPU's last branches from
 */
public record VmOptions(
    int[] cpus,
    Dialect dialect,
    int hz,
    int[] devices,
    Consumer<String> trace,
    Map<Integer, BpfFunction> helpers,
    KernelTypes kernel,
    boolean guardedMaps,
    RewriteOptions rewrites,
    BranchSnapshot branches) {
  private static final int NR_CPUS = 256;

  public VmOptions {
    cpus = cpus.clone();
    devices = devices.clone();
    helpers = Map.copyOf(helpers);
  }

  @Override
  public int[] cpus() {
    return cpus.clone();
  }

  @Override
  public int[] devices() {
    return devices.clone();
  }

  /** As many CPUs as the JVM has; trace lines are dropped. */
  public static VmOptions standard() {
    return ofCpus(Math.min(Runtime.getRuntime().availableProcessors(), NR_CPUS));
  }

  /** CPUs 0 to {@code count}-1. */
  public static VmOptions ofCpus(int count) {
    int[] cpus = new int[count];
    for (int i = 0; i < count; i++) {
      cpus[i] = i;
    }
    return new VmOptions(
        cpus,
        Dialect.MAINLINE,
        250,
        new int[0],
        line -> {},
        Map.of(),
        KernelTypes.NONE,
        false,
        RewriteOptions.SEED,
        BranchSnapshot.NONE);
  }

  public VmOptions withCpus(int... numbers) {
    return new VmOptions(
        numbers, dialect, hz, devices, trace, helpers, kernel, guardedMaps, rewrites, branches);
  }

  /** The rules of another kernel; Linux 6.18 lets callbacks reach tail calls that break frames. */
  public VmOptions withDialect(Dialect rules) {
    return new VmOptions(
        cpus, rules, hz, devices, trace, helpers, kernel, guardedMaps, rewrites, branches);
  }

  public VmOptions withDevices(int... ifindexes) {
    return new VmOptions(
        cpus, dialect, hz, ifindexes, trace, helpers, kernel, guardedMaps, rewrites, branches);
  }

  public VmOptions withTrace(Consumer<String> sink) {
    return new VmOptions(
        cpus, dialect, hz, devices, sink, helpers, kernel, guardedMaps, rewrites, branches);
  }

  /** What the verifier knows of the kernel: without it programs cannot use its types. */
  public VmOptions withKernel(KernelTypes types) {
    return new VmOptions(
        cpus, dialect, hz, devices, trace, helpers, types, guardedMaps, rewrites, branches);
  }

  /** Programs are rewritten in another way. */
  public VmOptions withRewrites(RewriteOptions options) {
    return new VmOptions(
        cpus, dialect, hz, devices, trace, helpers, kernel, guardedMaps, options, branches);
  }

  /** Programs see branches of that source: a JVM cannot read the CPU's last branch records. */
  public VmOptions withBranches(BranchSnapshot source) {
    return new VmOptions(
        cpus, dialect, hz, devices, trace, helpers, kernel, guardedMaps, rewrites, source);
  }

  /** Maps are guarded against speculation, as those of a loader without CAP_PERFMON. */
  public VmOptions withGuardedMaps() {
    return new VmOptions(
        cpus, dialect, hz, devices, trace, helpers, kernel, true, rewrites, branches);
  }

  /**
   * Implements a helper in Java: it answers calls of all programs loaded later. The verifier checks
   * calls by the helper's prototype in the kernel.
   */
  public VmOptions withHelper(int id, BpfFunction function) {
    Map<Integer, BpfFunction> more = new HashMap<>(helpers);
    more.put(id, function);
    return new VmOptions(
        cpus, dialect, hz, devices, trace, more, kernel, guardedMaps, rewrites, branches);
  }

  /** As {@link #withHelper(int, BpfFunction)}, by a name as in "bpf_get_current_task". */
  public VmOptions withHelper(String name, BpfFunction function) {
    for (int id = 1; id < Helpers.COUNT; id++) {
      if (name.equals(Helpers.name(id))) {
        return withHelper(id, function);
      }
    }
    throw new IllegalArgumentException("no helper \"" + name + "\"");
  }

  /** What verifier and rewrites are told of this machine. */
  HostFacts host() {
    HostFacts facts = new HostFacts(cpus[cpus.length - 1] + 1, NR_CPUS, hz, true, true);
    return guardedMaps ? facts.withGuardedMaps() : facts;
  }
}

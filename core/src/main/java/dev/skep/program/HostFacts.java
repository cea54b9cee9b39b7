package dev.skep.program;

/**
 * What verifier and rewrites need to know of the machine that is imitated; core never asks the
 * host.
 *
 * @param cpus number of possible CPUs (nr_cpu_ids)
 * @param configNrCpus the kernel's CONFIG_NR_CPUS (napi_id rewrite)
 * @param hz timer ticks per second
 * @param perfmon whether the loader has CAP_PERFMON (no pointer leak checks, no Spectre rewrites)
 * @param bpfCapable whether the loader has CAP_BPF
 * @param guardedMaps whether the maps were created without CAP_PERFMON: indexes into arrays are
 *     masked against speculation (bypass_spec_v1 of struct bpf_map is not set)
 * @param jit whether programs are compiled (jit_requested): without, some rewrites are not made
 */
public record HostFacts(
    int cpus,
    int configNrCpus,
    int hz,
    boolean perfmon,
    boolean bpfCapable,
    boolean guardedMaps,
    boolean jit) {
  /** A loader that also created the maps, with a JIT. */
  public HostFacts(int cpus, int configNrCpus, int hz, boolean perfmon, boolean bpfCapable) {
    this(cpus, configNrCpus, hz, perfmon, bpfCapable, !perfmon, true);
  }

  /** A root user on a kernel like the one that the golden data was measured on. */
  public static HostFacts root(int cpus) {
    return new HostFacts(cpus, 256, 250, true, true);
  }

  /** The same with maps that somebody without CAP_PERFMON created. */
  public HostFacts withGuardedMaps() {
    return new HostFacts(cpus, configNrCpus, hz, perfmon, bpfCapable, true, jit);
  }

  /** The same where programs are interpreted. */
  public HostFacts withoutJit() {
    return new HostFacts(cpus, configNrCpus, hz, perfmon, bpfCapable, guardedMaps, false);
  }
}

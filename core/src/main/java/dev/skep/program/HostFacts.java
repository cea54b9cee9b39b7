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
 */
public record HostFacts(int cpus, int configNrCpus, int hz, boolean perfmon, boolean bpfCapable) {
  /** A root user on a kernel like the one that the golden data was measured on. */
  public static HostFacts root(int cpus) {
    return new HostFacts(cpus, 256, 250, true, true);
  }
}

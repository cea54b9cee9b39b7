package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.DoctorCommand.Finding;
import dev.skep.jit.x64.KernelLayout;
import dev.skep.ladder.KernelLayoutProbe;
import dev.skep.linux.HostRights;
import dev.skep.linux.KernelConfig;
import dev.skep.linux.KernelFacts;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class KernelReportTest {
  private static final long CAP_BPF = 1L << 39;
  private static final long CAP_PERFMON = 1L << 38;

  private static KernelFacts facts(
      long capabilities, KernelConfig config, String hardened, Map<String, String> mitigations) {
    HostRights rights = new HostRights(capabilities, true, OptionalInt.of(1), false, "none");
    return new KernelFacts("6.18.1", 4, config, rights, "1", hardened, false, mitigations);
  }

  @Test
  void saysWhatAKernelTells() {
    KernelConfig config =
        new KernelConfig("/proc/config.gz", Map.of("CONFIG_HZ", "1000", "CONFIG_NR_CPUS", "64"));
    KernelFacts facts =
        facts(
            CAP_BPF | CAP_PERFMON,
            config,
            "0",
            new TreeMap<>(
                Map.of("retbleed", "Vulnerable", "mds", "Mitigation: Clear CPU buffers")));
    var jit =
        new KernelLayoutProbe.Result(KernelLayout.linux(true), List.of("IBT", "no BMI2"), null);
    assertThat(KernelReport.of(facts, jit))
        .containsExactly(
            Map.entry(
                "verifier",
                new Finding(
                    true, "CAP_BPF, CAP_PERFMON, unprivileged_bpf_disabled=1, 4 possible CPUs")),
            Map.entry(
                "kernel config",
                new Finding(true, "/proc/config.gz: CONFIG_HZ=1000, CONFIG_NR_CPUS=64")),
            Map.entry("kernel jit", new Finding(true, "IBT, no BMI2")),
            Map.entry(
                "kernel mitigations",
                new Finding(true, "mds: Mitigation: Clear CPU buffers. retbleed: Vulnerable")));
  }

  @Test
  void saysWhatIsMissing() {
    var jit =
        new KernelLayoutProbe.Result(
            null, List.of("return thunks"), "kernel jit with call depth tracking");
    assertThat(KernelReport.of(facts(0, new KernelConfig("", Map.of()), "2", Map.of()), jit))
        .containsExactly(
            Map.entry(
                "verifier",
                new Finding(
                    false,
                    "no capability for bpf(2), unprivileged_bpf_disabled=1, 4 possible CPUs")),
            Map.entry(
                "kernel config",
                new Finding(false, "not shown: CONFIG_HZ=250, CONFIG_NR_CPUS=256 are assumed")),
            Map.entry(
                "kernel jit",
                new Finding(false, "kernel jit with call depth tracking (return thunks)")),
            Map.entry(
                "kernel mitigations", new Finding(true, "bpf_jit_harden=2. the CPU needs none")));
  }
}

package dev.skep.cli;

import dev.skep.ladder.KernelLayoutProbe;
import dev.skep.linux.KernelFacts;
import dev.skep.program.HostFacts;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** What {@code skep doctor} says of the kernel's verifier and JIT. */
final class KernelReport {
  private KernelReport() {}

  static Map<String, DoctorCommand.Finding> of(KernelFacts facts, KernelLayoutProbe.Result jit) {
    Map<String, DoctorCommand.Finding> findings = new LinkedHashMap<>();
    findings.put("verifier", verifier(facts));
    findings.put("kernel config", config(facts));
    findings.put("kernel jit", new DoctorCommand.Finding(jit.layout() != null, jit.text()));
    findings.put("kernel mitigations", mitigations(facts));
    return findings;
  }

  private static DoctorCommand.Finding verifier(KernelFacts facts) {
    HostFacts host = facts.host();
    String capabilities =
        facts.capabilities().isEmpty()
            ? "no capability for bpf(2)"
            : String.join(", ", facts.capabilities());
    String unprivileged =
        facts.rights().unprivilegedDisabled().isPresent()
            ? ", unprivileged_bpf_disabled=" + facts.rights().unprivilegedDisabled().getAsInt()
            : "";
    return new DoctorCommand.Finding(
        host.bpfCapable() && host.perfmon(),
        capabilities + unprivileged + ", " + host.cpus() + " possible CPUs");
  }

  private static DoctorCommand.Finding config(KernelFacts facts) {
    String source = facts.config().source();
    String values =
        "CONFIG_HZ=" + facts.host().hz() + ", CONFIG_NR_CPUS=" + facts.host().configNrCpus();
    return source.isEmpty()
        ? new DoctorCommand.Finding(false, "not shown: " + values + " are assumed")
        : new DoctorCommand.Finding(true, source + ": " + values);
  }

  private static DoctorCommand.Finding mitigations(KernelFacts facts) {
    String hardened =
        facts.jitHardened().isEmpty() || facts.jitHardened().equals("0")
            ? ""
            : "bpf_jit_harden=" + facts.jitHardened() + ". ";
    String affected =
        facts.mitigations().entrySet().stream()
            .map(entry -> entry.getKey() + ": " + entry.getValue())
            .collect(Collectors.joining(". "));
    return new DoctorCommand.Finding(
        true, hardened + (affected.isEmpty() ? "the CPU needs none" : affected));
  }
}

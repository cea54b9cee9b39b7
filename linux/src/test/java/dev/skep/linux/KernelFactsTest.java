package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.program.HostFacts;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of other machines. */
final class KernelFactsTest {
  private static final String ALL = "CapEff:\t000001ffffffffff\nSeccomp:\t0\n";

  @TempDir Path root;

  private void file(String name, String text) throws IOException {
    Path path = root.resolve(name);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void packed(String name, String text) throws IOException {
    Path path = root.resolve(name);
    Files.createDirectories(path.getParent());
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(path))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private KernelFacts facts(String status, String uidMap) {
    return KernelFacts.read(root, "6.18.1", HostRights.of(status, uidMap, "2\n", ""));
  }

  @Test
  void configurationIsUnpacked() throws IOException {
    packed(
        "proc/config.gz", "# a comment\nCONFIG_HZ_1000=y\nCONFIG_HZ=1000\nCONFIG_NR_CPUS=8192\n");
    file("sys/devices/system/cpu/possible", "0-3,8-9\n");
    KernelFacts facts = facts(ALL, "0 0 4294967295");
    assertThat(facts.host()).isEqualTo(new HostFacts(10, 8192, 1000, true, true));
    assertThat(facts.config().source()).isEqualTo("/proc/config.gz");
    assertThat(facts.config().value("CONFIG_HZ_1000")).isEqualTo("y");
    assertThat(facts.config().value("CONFIG_HZ_250")).isNull();
  }

  @Test
  void fileOfTheReleaseComesFirst() throws IOException {
    packed("proc/config.gz", "CONFIG_HZ=1000\n");
    file("boot/config-6.18.1", "CONFIG_HZ=300\nCONFIG_CMDLINE=\"a=b\"\n");
    KernelFacts facts = facts(ALL, "");
    assertThat(facts.config().source()).isEqualTo("/boot/config-6.18.1");
    assertThat(facts.host().hz()).isEqualTo(300);
    assertThat(facts.config().value("CONFIG_CMDLINE")).isEqualTo("\"a=b\"");
  }

  @Test
  void withoutAnyFileThereAreDefaults() {
    KernelFacts facts = facts("", "");
    assertThat(facts.host().configNrCpus()).isEqualTo(256);
    assertThat(facts.host().hz()).isEqualTo(250);
    assertThat(facts.host().cpus()).isPositive();
    assertThat(facts.config().source()).isEmpty();
    assertThat(facts.mitigations()).isEmpty();
    assertThat(facts.jitEnabled()).isEmpty();
    assertThat(facts.capabilities()).isEmpty();
  }

  @Test
  void capabilitiesCountInTheInitialUserNamespace() {
    String bpf = "CapEff:\t0000008000000000\n";
    assertThat(facts(bpf, "0 0 4294967295").capabilities()).containsExactly("CAP_BPF");
    assertThat(facts(bpf, "0 0 4294967295").host().bpfCapable()).isTrue();
    assertThat(facts(bpf, "0 0 4294967295").host().perfmon()).isFalse();
    assertThat(facts(ALL, "0 1000 1").capabilities()).isEmpty();
    assertThat(facts(ALL, "0 1000 1").host().bpfCapable()).isFalse();
  }

  @Test
  void whatTheCpuSuffersFromIsListed() throws IOException {
    file("sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected\n");
    file("sys/devices/system/cpu/vulnerabilities/retbleed", "Mitigation: untrained return thunk\n");
    file("proc/cpuinfo", "processor : 0\nflags\t\t: fpu la57 bmi2\n");
    file("proc/sys/net/core/bpf_jit_harden", "2\n");
    KernelFacts facts = facts(ALL, "");
    assertThat(facts.mitigations())
        .isEqualTo(Map.of("retbleed", "Mitigation: untrained return thunk"));
    assertThat(facts.fiveLevelPaging()).isTrue();
    assertThat(facts.jitHardened()).isEqualTo("2");
  }
}

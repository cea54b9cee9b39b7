package dev.skep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.cli.json.Json;
import dev.skep.linux.KernelEngine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** {@code skep feature probe} on the running kernel. */
class FeatureCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.run(new PrintWriter(out), new PrintWriter(err), args);
  }

  private static void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  @Test
  void jsonHasTheFieldsOfBpftool() {
    needsBpf();
    assertThat(run("feature", "probe", "-j")).isZero();
    Map<String, @Nullable Object> json = Json.object(out.toString().strip());
    assertThat(json)
        .containsOnlyKeys(
            "system_config",
            "syscall_config",
            "program_types",
            "map_types",
            "helpers",
            "misc",
            "loader");
    assertThat(String.valueOf(json.get("program_types"))).contains("have_xdp_prog_type=true");
    assertThat(String.valueOf(json.get("map_types"))).contains("have_hash_map_type=true");
    assertThat(String.valueOf(json.get("helpers"))).contains("bpf_xdp_adjust_head");
    assertThat(String.valueOf(json.get("loader"))).contains("have_percpu_data=");
  }

  @Test
  void textNamesEverySection() {
    needsBpf();
    assertThat(run("feature", "probe", "--no-helpers")).isZero();
    assertThat(out.toString())
        .contains("Scanning system configuration...")
        .contains("eBPF program_type socket_filter is available")
        .contains("eBPF map_type array is available")
        .doesNotContain("eBPF helpers supported");
  }

  @Test
  void settingsAreSentences() {
    assertThat(KernelSettings.sentence("bpf_jit_enable", 1L)).isEqualTo("JIT compiler is enabled");
    assertThat(KernelSettings.sentence("bpf_jit_enable", 9L)).isEqualTo("unknown value 9");
    assertThat(KernelSettings.sentence("bpf_jit_limit", null))
        .isEqualTo("Unable to read bpf_jit_limit");
  }

  @Test
  void otherWordsAreWrongUsage() {
    assertThat(run("feature")).isEqualTo(ExitStatus.USAGE);
    assertThat(err.toString()).contains("feature: say 'probe'");
  }
}

package dev.skep.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The switches of the kernel that concern BPF, as bpftool lists them. */
final class KernelSettings {
  /** What it was built with. */
  static final List<String> BUILD =
      List.of(
          "CONFIG_BPF",
          "CONFIG_BPF_SYSCALL",
          "CONFIG_HAVE_EBPF_JIT",
          "CONFIG_BPF_JIT",
          "CONFIG_BPF_JIT_ALWAYS_ON",
          "CONFIG_DEBUG_INFO_BTF",
          "CONFIG_DEBUG_INFO_BTF_MODULES",
          "CONFIG_CGROUPS",
          "CONFIG_CGROUP_BPF",
          "CONFIG_CGROUP_NET_CLASSID",
          "CONFIG_SOCK_CGROUP_DATA",
          "CONFIG_BPF_EVENTS",
          "CONFIG_KPROBE_EVENTS",
          "CONFIG_UPROBE_EVENTS",
          "CONFIG_TRACING",
          "CONFIG_FTRACE_SYSCALLS",
          "CONFIG_FUNCTION_ERROR_INJECTION",
          "CONFIG_BPF_KPROBE_OVERRIDE",
          "CONFIG_NET",
          "CONFIG_XDP_SOCKETS",
          "CONFIG_LWTUNNEL_BPF",
          "CONFIG_NET_ACT_BPF",
          "CONFIG_NET_CLS_BPF",
          "CONFIG_NET_CLS_ACT",
          "CONFIG_NET_SCH_INGRESS",
          "CONFIG_XFRM",
          "CONFIG_IP_ROUTE_CLASSID",
          "CONFIG_IPV6_SEG6_BPF",
          "CONFIG_BPF_LIRC_MODE2",
          "CONFIG_BPF_STREAM_PARSER",
          "CONFIG_NETFILTER_XT_MATCH_BPF",
          "CONFIG_BPFILTER",
          "CONFIG_BPFILTER_UMH",
          "CONFIG_TEST_BPF",
          "CONFIG_HZ");

  private KernelSettings() {}

  /** The sysctl values by their names in JSON; null for what the kernel does not tell. */
  static Map<String, @Nullable Long> numbers() {
    Map<String, @Nullable Long> numbers = new LinkedHashMap<>();
    numbers.put("unprivileged_bpf_disabled", number("kernel/unprivileged_bpf_disabled"));
    numbers.put("bpf_jit_enable", number("net/core/bpf_jit_enable"));
    numbers.put("bpf_jit_harden", number("net/core/bpf_jit_harden"));
    numbers.put("bpf_jit_kallsyms", number("net/core/bpf_jit_kallsyms"));
    numbers.put("bpf_jit_limit", number("net/core/bpf_jit_limit"));
    return numbers;
  }

  private static @Nullable Long number(String file) {
    // In one read: the kernel gives only the first part of a value to a small buffer.
    byte[] text = new byte[64];
    try (InputStream in = Files.newInputStream(Path.of("/proc/sys", file))) {
      int length = Math.max(0, in.read(text));
      return Long.valueOf(new String(text, 0, length, StandardCharsets.US_ASCII).strip());
    } catch (IOException | NumberFormatException notThere) {
      return null;
    }
  }

  /** One value for people. */
  static String sentence(String name, @Nullable Long value) {
    if (value == null) {
      return "Unable to read " + name;
    }
    return switch (name) {
      case "unprivileged_bpf_disabled" ->
          choose(
              value,
              "bpf() syscall for unprivileged users is enabled",
              "bpf() syscall restricted to privileged users (without recovery)",
              "bpf() syscall restricted to privileged users (admin can change)");
      case "bpf_jit_enable" ->
          choose(
              value,
              "JIT compiler is disabled",
              "JIT compiler is enabled",
              "JIT compiler is enabled with debugging traces in kernel logs");
      case "bpf_jit_harden" ->
          choose(
              value,
              "JIT compiler hardening is disabled",
              "JIT compiler hardening is enabled for unprivileged users",
              "JIT compiler hardening is enabled for all users");
      case "bpf_jit_kallsyms" ->
          choose(
              value,
              "JIT compiler kallsyms exports are disabled",
              "JIT compiler kallsyms exports are enabled for root");
      default ->
          "Global memory limit for JIT compiler for unprivileged users is " + value + " bytes";
    };
  }

  private static String choose(long value, String... texts) {
    return value >= 0 && value < texts.length ? texts[(int) value] : "unknown value " + value;
  }
}

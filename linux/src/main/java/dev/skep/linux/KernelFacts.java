package dev.skep.linux;

import dev.skep.errors.MalformedException;
import dev.skep.linux.sys.PossibleCpus;
import dev.skep.program.HostFacts;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the running kernel tells of itself that decides verdicts, rewrites and machine code.
 *
 * @param release as of uname -r
 * @param possibleCpus nr_cpu_ids: one more than the highest number that a CPU may have
 * @param config what it was built with
 * @param rights what this process may do
 * @param jitEnabled net.core.bpf_jit_enable; empty where it cannot be read
 * @param jitHardened net.core.bpf_jit_harden; empty where it cannot be read
 * @param fiveLevelPaging whether user addresses have 56 bits
 * @param mitigations what /sys/devices/system/cpu/vulnerabilities says, where affected
 */
public record KernelFacts(
    String release,
    int possibleCpus,
    KernelConfig config,
    HostRights rights,
    String jitEnabled,
    String jitHardened,
    boolean fiveLevelPaging,
    Map<String, String> mitigations) {
  private static final int DEFAULT_NR_CPUS = 256;
  private static final int DEFAULT_HZ = 250;

  /** Those of the running kernel, read now. */
  public static KernelFacts read() {
    return read(Path.of("/"), System.getProperty("os.version", ""), HostRights.host());
  }

  /** Under another root directory: tests put files there. */
  static KernelFacts read(Path root, String release, HostRights rights) {
    return new KernelFacts(
        release,
        possibleCpus(text(root, "sys/devices/system/cpu/possible")),
        KernelConfig.read(root, release),
        rights,
        text(root, "proc/sys/net/core/bpf_jit_enable"),
        text(root, "proc/sys/net/core/bpf_jit_harden"),
        flags(text(root, "proc/cpuinfo")).contains("la57"),
        mitigations(root.resolve("sys/devices/system/cpu/vulnerabilities")));
  }

  /** What the verifier and the rewrites need to know to answer as this kernel answers here. */
  public HostFacts host() {
    return new HostFacts(
        possibleCpus,
        config.number("CONFIG_NR_CPUS").orElse(DEFAULT_NR_CPUS),
        config.number("CONFIG_HZ").orElse(DEFAULT_HZ),
        counts(HostRights.CAP_PERFMON),
        counts(HostRights.CAP_BPF));
  }

  /** The capabilities for bpf(2) that count here, by name. */
  public List<String> capabilities() {
    return List.of("CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN", "CAP_SYS_ADMIN").stream()
        .filter(name ->
            counts(
                switch (name) {
                  case "CAP_BPF" -> HostRights.CAP_BPF;
                  case "CAP_PERFMON" -> HostRights.CAP_PERFMON;
                  case "CAP_NET_ADMIN" -> HostRights.CAP_NET_ADMIN;
                  default -> HostRights.CAP_SYS_ADMIN;
                }))
        .toList();
  }

  private boolean counts(int capability) {
    return rights.initialUserNamespace() && rights.has(capability);
  }

  private static int possibleCpus(String list) {
    try {
      return PossibleCpus.ids(list);
    } catch (MalformedException unreadable) {
      return Runtime.getRuntime().availableProcessors();
    }
  }

  /** The flags of the first CPU; the kernel leaves out those that it does not use. */
  private static List<String> flags(String cpuinfo) {
    return cpuinfo
        .lines()
        .filter(line -> line.startsWith("flags"))
        .findFirst()
        .map(line -> List.of(line.substring(line.indexOf(':') + 1).strip().split(" +", -1)))
        .orElse(List.of());
  }

  private static Map<String, String> mitigations(Path directory) {
    Map<String, String> found = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String text = Files.readString(file).strip();
        if (!text.startsWith("Not affected")) {
          found.put(String.valueOf(file.getFileName()), text);
        }
      }
    } catch (IOException notThere) {
      // A kernel that does not tell.
    }
    return found;
  }

  private static String text(Path root, String file) {
    try {
      return Files.readString(root.resolve(file)).strip();
    } catch (IOException notThere) {
      return "";
    }
  }
}

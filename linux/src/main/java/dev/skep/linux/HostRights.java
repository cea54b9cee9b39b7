package dev.skep.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * What decides whether this process may use bpf(2).
 *
 * @param capabilities effective set, one bit each (CapEff of /proc/self/status)
 * @param initialUserNamespace whether the ids are not mapped: elsewhere capabilities do not count
 * @param unprivilegedDisabled kernel.unprivileged_bpf_disabled: 0 allowed, 1 and 2 not; empty where
 *     the kernel has no such setting
 * @param filtered whether a seccomp filter decides over system calls, as in most containers
 * @param lockdown "none", "integrity" or "confidentiality"
 */
public record HostRights(
    long capabilities,
    boolean initialUserNamespace,
    OptionalInt unprivilegedDisabled,
    boolean filtered,
    String lockdown) {
  static final int CAP_NET_ADMIN = 12;
  static final int CAP_SYS_ADMIN = 21;
  static final int CAP_PERFMON = 38;
  static final int CAP_BPF = 39;

  private static final int SECCOMP_FILTER = 2;

  /** Those of this process, as the kernel tells them now. */
  public static HostRights host() {
    return of(
        text("/proc/self/status"),
        text("/proc/self/uid_map"),
        text("/proc/sys/kernel/unprivileged_bpf_disabled"),
        text("/sys/kernel/security/lockdown"));
  }

  /** From the contents of the files; empty ones are not there. */
  static HostRights of(String status, String uidMap, String unprivileged, String lockdown) {
    String capabilities = field(status, "CapEff:");
    String seccomp = field(status, "Seccomp:");
    String map = uidMap.strip().replaceAll("\\s+", " ");
    int open = lockdown.indexOf('[');
    int close = lockdown.indexOf(']');
    String setting = unprivileged.strip();
    return new HostRights(
        capabilities.matches("[0-9a-f]{1,16}") ? Long.parseUnsignedLong(capabilities, 16) : 0,
        map.isEmpty() || map.equals("0 0 4294967295"),
        setting.matches("[0-9]{1,3}")
            ? OptionalInt.of(Integer.parseInt(setting))
            : OptionalInt.empty(),
        seccomp.equals(Integer.toString(SECCOMP_FILTER)),
        open >= 0 && close > open ? lockdown.substring(open + 1, close) : "none");
  }

  /** Whether the process has a capability, or the one that stood for it before Linux 5.8. */
  boolean has(int capability) {
    return (capabilities >>> capability & 1) != 0 || (capabilities >>> CAP_SYS_ADMIN & 1) != 0;
  }

  private static String field(String status, String name) {
    for (String line : status.lines().toList()) {
      if (line.startsWith(name)) {
        return line.substring(name.length()).strip();
      }
    }
    return "";
  }

  private static String text(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException notThere) {
      return "";
    }
  }
}

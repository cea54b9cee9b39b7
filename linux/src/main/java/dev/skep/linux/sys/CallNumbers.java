package dev.skep.linux.sys;

import dev.skep.errors.UnsupportedException;

/** Numbers of the system calls used here, which differ between architectures. */
public final class CallNumbers {
  public static final long BPF;
  public static final long CLOSE;

  static {
    String architecture = System.getProperty("os.arch", "");
    switch (architecture) {
      case "amd64", "x86_64" -> {
        BPF = 321;
        CLOSE = 3;
      }
      case "aarch64" -> {
        BPF = 280;
        CLOSE = 57;
      }
      default -> throw new UnsupportedException("bpf(2) on architecture \"" + architecture + "\"");
    }
  }

  private CallNumbers() {}
}

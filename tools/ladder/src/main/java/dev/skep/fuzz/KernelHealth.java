package dev.skep.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether the running kernel has failed since: its counter of oopses. Its warnings are no reason to
 * stop: the verifier warns where it finds itself inconsistent, and refuses the program (EFAULT).
 */
final class KernelHealth {
  private static final Path OOPSES = Path.of("/sys/kernel/oops_count");

  private final String oopses = read(OOPSES);

  /** What happened, or an empty text. */
  String complaint() {
    return read(OOPSES).equals(oopses) ? "" : "the kernel oopsed: see dmesg";
  }

  /** The number; empty where this kernel does not show it. */
  private static String read(Path file) {
    try {
      return Files.readString(file).trim();
    } catch (IOException notShown) {
      return "";
    }
  }
}

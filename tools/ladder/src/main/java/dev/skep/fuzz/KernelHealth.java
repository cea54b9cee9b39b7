package dev.skep.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether the running kernel has complained since: its counters of oopses and warnings. */
final class KernelHealth {
  private static final Path OOPSES = Path.of("/sys/kernel/oops_count");
  private static final Path WARNINGS = Path.of("/sys/kernel/warn_count");

  private final String oopses = read(OOPSES);
  private final String warnings = read(WARNINGS);

  /** What happened, or an empty text. */
  String complaint() {
    if (!read(OOPSES).equals(oopses)) {
      return "the kernel oopsed: see dmesg";
    }
    return read(WARNINGS).equals(warnings) ? "" : "the kernel warned: see dmesg";
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

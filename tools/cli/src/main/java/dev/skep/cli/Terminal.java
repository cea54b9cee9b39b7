package dev.skep.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether standard output or standard error is a terminal, each by itself: {@link System#console}
 * asks for both input and output.
 */
final class Terminal {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  private Terminal() {}

  static boolean isOutput() {
    return isTerminal("1");
  }

  static boolean isError() {
    return isTerminal("2");
  }

  private static boolean isTerminal(String descriptor) {
    try {
      String target = Files.readSymbolicLink(DESCRIPTORS.resolve(descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException | UnsupportedOperationException noProc) {
      return false;
    }
  }
}

package dev.skep.linux;

/** Reads the verifier's log text. */
final class VerifierText {
  private VerifierText() {}

  /** The last line before the counters: the reason of a rejection. */
  static String lastError(String log) {
    String last = "";
    for (String line : log.split("\n", -1)) {
      if (!line.isBlank() && !isCounter(line)) {
        last = line;
      }
    }
    return last;
  }

  private static boolean isCounter(String line) {
    return line.startsWith("processed ")
        || line.startsWith("verification time ")
        || line.startsWith("stack depth ");
  }
}

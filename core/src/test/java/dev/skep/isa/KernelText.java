package dev.skep.isa;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * One line of the golden table isa/kernel-text.txt.
 *
 * @param second the second slot of a ld_imm64, else 0
 * @param slots 1 or 2
 */
record KernelText(String text, long first, long second, int slots) {
  static List<KernelText> all() {
    try (var in =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    KernelText.class.getResourceAsStream("/isa/kernel-text.txt")),
                StandardCharsets.US_ASCII))) {
      return in.lines().filter(l -> !l.startsWith("#")).map(KernelText::parse).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KernelText parse(String line) {
    int bar = line.lastIndexOf('|');
    String hex = line.substring(bar + 1).trim();
    boolean pair = hex.length() == 32;
    return new KernelText(
        line.substring(0, bar).trim(),
        word(hex.substring(0, 16)),
        pair ? word(hex.substring(16)) : 0,
        pair ? 2 : 1);
  }

  /** The word of 16 hexadecimal digits in memory order. */
  static long word(String hex) {
    return Long.reverseBytes(Long.parseUnsignedLong(hex, 16));
  }
}

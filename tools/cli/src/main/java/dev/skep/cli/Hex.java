package dev.skep.cli;

import dev.skep.errors.MalformedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** Bytes as lower-case hex text. */
final class Hex {
  private static final HexFormat FORMAT = HexFormat.of();

  private Hex() {}

  static String of(byte[] bytes) {
    return FORMAT.formatHex(bytes);
  }

  /** Instruction words, eight little-endian bytes each. */
  static String ofWords(long[] words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(words);
    return of(bytes.array());
  }

  /** Parses hex digits; {@code what} names the value in the message. */
  static byte[] parse(String what, String text) {
    if (text.length() % 2 != 0) {
      throw new MalformedException(what + ": odd number of hex digits");
    }
    byte[] bytes = new byte[text.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      int high = Character.digit(text.charAt(2 * i), 16);
      int low = Character.digit(text.charAt(2 * i + 1), 16);
      if (high < 0 || low < 0 || text.charAt(2 * i) > 'f' || text.charAt(2 * i + 1) > 'f') {
        throw new MalformedException(what + ": not a hex digit at position " + 2 * i);
      }
      bytes[i] = (byte) (high << 4 | low);
    }
    return bytes;
  }

  /** The bytes of {@code hex:..} or of a file. */
  static byte[] input(String option, String text) {
    if (text.startsWith("hex:")) {
      return parse(option, text.substring(4));
    }
    try {
      return Files.readAllBytes(Path.of(text));
    } catch (IOException e) {
      throw new MalformedException(text + ": cannot be read");
    }
  }
}

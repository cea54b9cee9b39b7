package dev.skep.data;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text in arrays of bytes, which ends at the first zero. */
public final class Text {
  private Text() {}

  /** The text in an array of {@code size} bytes. */
  public static String get(DataMemory memory, int offset, int size) {
    byte[] bytes = memory.get(offset, size);
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  /**
   * Fills an array of {@code size} bytes with a text and zeros.
   *
   * @param name of the array
   * @throws IllegalArgumentException if text and a zero do not fit
   */
  public static void put(DataMemory memory, int offset, int size, String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= size) {
      throw new IllegalArgumentException(
          "\"" + name + "\": " + bytes.length + " bytes of text in an array of " + size);
    }
    memory.put(offset, Arrays.copyOf(bytes, size));
  }
}

package dev.skep.jit.x64;

import dev.skep.testing.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** The machine code of 1,766 programs as Linux 6.18 compiled them, and what it was made from. */
final class GoldenImages {
  static final int COUNT = 1766;

  private GoldenImages() {}

  /**
   * One object per program. "insns" is what was loaded, with the maps' indexes; "jit_in" what the
   * JIT got, where it is not the same.
   */
  static List<Map<String, Object>> all() throws IOException {
    InputStream packed =
        Objects.requireNonNull(
            GoldenImages.class.getResourceAsStream("kernel-6.18-golden.jsonl.gz"));
    List<Map<String, Object>> images = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        images.add(Json.object(line));
      }
    }
    return images;
  }

  /** The slots of a hex field. */
  static long[] words(Map<String, Object> line, String field) {
    String hex = (String) Objects.requireNonNull(line.get(field));
    long[] words = new long[hex.length() / 16];
    ByteBuffer.wrap(HexFormat.of().parseHex(hex))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asLongBuffer()
        .get(words);
    return words;
  }
}

package dev.skep.jit.arm64;

import dev.skep.testing.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** 560 instructions and frames with the words that Linux emits for them, and llvm's text. */
final class GoldenWords {
  static final int COUNT = 560;

  private GoldenWords() {}

  record Line(Map<String, Object> line, Map<String, Object> context) {
    String text(String name) {
      return (String) Objects.requireNonNull(line.get(name));
    }

    long number(String name) {
      Object value = context.get(name);
      return switch (value) {
        case null -> 0;
        case String hex when hex.startsWith("0x") -> Long.parseUnsignedLong(hex.substring(2), 16);
        case String other -> other.length();
        default -> ((Number) value).longValue();
      };
    }

    boolean is(String name) {
      return number(name) != 0;
    }
  }

  @SuppressWarnings("unchecked")
  static List<Line> all() throws IOException {
    List<Line> all = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(
                    Objects.requireNonNull(
                        GoldenWords.class.getResourceAsStream("arm64-golden.jsonl.gz"))),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Map<String, Object> object = Json.object(line);
        all.add(
            new Line(
                object,
                (Map<String, Object>) object.getOrDefault("ctx", Map.<String, Object>of())));
      }
    }
    return all;
  }
}

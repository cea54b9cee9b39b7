package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The source lines that verification comes to most often, counted in a log of level 2 as veristat
 * does.
 */
final class TopLines {
  /**
   * @param place file and line, as in "prog.bpf.c:12"; empty where the log does not say
   * @param source the text, possibly empty
   */
  record Line(int count, String place, String source) {
    /** As veristat prints it. */
    String text() {
      return place.isEmpty()
          ? "%5d: %s".formatted(count, source)
          : "%5d: (%s)\t%s".formatted(count, place, source);
    }

    /** Writes it as an object. */
    void write(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeNumberField("count", count);
      json.writeStringField("line", place);
      json.writeStringField("source", source);
      json.writeEndObject();
    }
  }

  private TopLines() {}

  /** The most frequent ones, those of equal number by their text. */
  static List<Line> of(String log, int most) {
    if (most == 0) {
      return List.of();
    }
    Map<String, Integer> counts = new HashMap<>();
    log.lines()
        .filter(line -> line.startsWith("; "))
        .forEach(line -> counts.merge(line.substring(2), 1, Integer::sum));
    return counts.entrySet().stream()
        .sorted(
            Comparator.comparingInt((Map.Entry<String, Integer> entry) -> -entry.getValue())
                .thenComparing(Map.Entry::getKey))
        .limit(most)
        .map(entry -> line(entry.getKey(), entry.getValue()))
        .toList();
  }

  private static Line line(String text, int count) {
    int at = text.lastIndexOf('@');
    return at < 0
        ? new Line(count, "", text)
        : new Line(count, text.substring(at + 1).strip(), text.substring(0, at).stripTrailing());
  }
}

package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code skep verify} says of a program only where it is asked for.
 *
 * @param linux the running kernel's side
 * @param bench what verification costs
 * @param why how a rejection is explained
 * @param topLines source lines that verification came to most often
 * @param dump rewritten instructions or machine code
 */
record RowDetails(
    @Nullable LinuxSide linux,
    VerifyBench.@Nullable Result bench,
    @Nullable Why why,
    List<TopLines.Line> topLines,
    String dump) {
  /** Nothing was asked for. */
  static final RowDetails NONE = new RowDetails(null, null, null, List.of(), "");

  RowDetails beside(@Nullable LinuxSide side, VerifyBench.@Nullable Result cost) {
    return new RowDetails(side, cost, why, topLines, dump);
  }

  RowDetails explainedBy(@Nullable Why explaining) {
    return new RowDetails(linux, bench, explaining, topLines, dump);
  }

  RowDetails withTopLines(List<TopLines.Line> lines) {
    return new RowDetails(linux, bench, why, lines, dump);
  }

  RowDetails withDump(String text) {
    return new RowDetails(linux, bench, why, topLines, text);
  }

  /**
   * Writes the fields into an open JSON object.
   *
   * @param message what the program was rejected with
   */
  void writeFields(JsonGenerator json, String message) throws IOException {
    if (why != null) {
      ExplanationJson.writeField(json, why.explain(message));
    }
    if (linux != null) {
      linux.writeFields(json);
    }
    if (bench != null) {
      bench.writeFields(json);
    }
    if (!topLines.isEmpty()) {
      json.writeArrayFieldStart("top_lines");
      for (TopLines.Line line : topLines) {
        line.write(json);
      }
      json.writeEndArray();
    }
    if (!dump.isEmpty()) {
      json.writeStringField("dump", dump);
    }
  }
}

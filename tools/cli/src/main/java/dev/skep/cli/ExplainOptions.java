package dev.skep.cli;

import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which rejections are explained, and how that looks. */
final class ExplainOptions {
  /** Objects, and rejections of a table, that are explained without being asked for. */
  private static final int FEW = 4;

  @Mixin Colors colors;

  @Option(
      names = "--explain",
      negatable = true,
      description =
          "Explain rejections: source, values, hint (default: of at most "
              + FEW
              + " objects and rejections).")
  @Nullable Boolean explain;

  /** Whether rejections are to be kept so that they can be explained. */
  boolean keeps(int objects) {
    return explain == null ? objects <= FEW : explain;
  }

  /** Explains the rejections of a table. */
  void print(PrintWriter out, List<VerdictRow> rows) {
    List<VerdictRow> rejected = rows.stream().filter(row -> row.why() != null).toList();
    if (explain == null && rejected.size() > FEW) {
      out.println("\n" + rejected.size() + " rejections are not explained; see --explain");
      return;
    }
    boolean coloured = colors.wanted();
    for (VerdictRow row : rejected) {
      Why why = row.why();
      if (why != null) {
        out.println();
        ExplanationText.lines(
                row.object() + ":" + row.program(), why.explain(row.message()), coloured)
            .forEach(out::println);
      }
    }
  }
}

package dev.skep.cli.stats;

import java.util.ArrayList;
import java.util.List;

/**
 * A table as veristat draws it: two blanks between the columns, a rule below the heads, and no
 * blanks at the ends of lines.
 */
final class Columns {
  private final List<Cell> heads = new ArrayList<>();
  private final List<List<Cell>> rows = new ArrayList<>();

  /** Text at the left or the right of its column, or parted into both ends. */
  private record Cell(String left, String right) {
    int width() {
      return left.length() + right.length();
    }
  }

  void head(String left, String right) {
    heads.add(new Cell(left, right));
  }

  /** A new row. */
  void row() {
    rows.add(new ArrayList<>());
  }

  /** A cell of the last row. */
  void cell(String text, boolean right) {
    rows.getLast().add(right ? new Cell("", text) : new Cell(text, ""));
  }

  /**
   * The lines.
   *
   * @param closed whether a rule follows the last row
   */
  List<String> lines(boolean closed) {
    int[] widths = new int[heads.size()];
    measure(widths, heads);
    rows.forEach(row -> measure(widths, row));
    List<String> lines = new ArrayList<>();
    lines.add(line(widths, heads));
    StringBuilder rule = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      rule.append(i == 0 ? "" : "  ").repeat('-', widths[i]);
    }
    lines.add(rule.toString());
    rows.forEach(row -> lines.add(line(widths, row)));
    if (closed && !rows.isEmpty()) {
      lines.add(rule.toString());
    }
    return lines;
  }

  private static void measure(int[] widths, List<Cell> cells) {
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(widths[i], cells.get(i).width());
    }
  }

  private static String line(int[] widths, List<Cell> cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      Cell cell = cells.get(i);
      line.append(i == 0 ? "" : "  ")
          .append(cell.left)
          .repeat(' ', widths[i] - cell.width())
          .append(cell.right);
    }
    return line.toString().stripTrailing();
  }
}

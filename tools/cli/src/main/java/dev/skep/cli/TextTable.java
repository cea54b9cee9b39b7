package dev.skep.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * A table for people: columns as wide as their widest cell, numbers to the right, the whole
 * indented as asked.
 */
final class TextTable {
  private final String indent;
  private final List<String> heads;
  private final List<List<String>> rows = new ArrayList<>();

  TextTable(String indent, List<String> heads) {
    this.indent = indent;
    this.heads = List.copyOf(heads);
  }

  void row(List<String> cells) {
    rows.add(List.copyOf(cells));
  }

  /**
   * The lines, each without trailing blanks; a rule of dashes under the heads as veristat draws it.
   */
  List<String> lines() {
    int columns = heads.size();
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      widths[c] = heads.get(c).length();
      numeric[c] = !rows.isEmpty();
      for (List<String> row : rows) {
        widths[c] = Math.max(widths[c], row.get(c).length());
        numeric[c] &= isNumber(row.get(c));
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add(indent + line(heads, widths, numeric));
    StringBuilder rule = new StringBuilder(indent);
    for (int c = 0; c < columns; c++) {
      rule.append(c == 0 ? "" : "  ").repeat('-', widths[c]);
    }
    lines.add(rule.toString());
    for (List<String> row : rows) {
      lines.add(indent + line(row, widths, numeric));
    }
    return lines;
  }

  private static boolean isNumber(String cell) {
    for (int i = 0; i < cell.length(); i++) {
      char c = cell.charAt(i);
      if (!(c >= '0' && c <= '9' || c == ',' || c == '.' || c == '-' || c == '%' || c == ' ')) {
        return false;
      }
    }
    return true;
  }

  private static String line(List<String> cells, int[] widths, boolean[] numeric) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String cell = cells.get(c);
      line.append(c == 0 ? "" : "  ");
      int pad = widths[c] - cell.length();
      if (numeric[c]) {
        line.repeat(' ', pad).append(cell);
      } else {
        line.append(cell).repeat(' ', pad);
      }
    }
    return line.toString().stripTrailing();
  }

  /** A cell of CSV, in quotes where it needs them (RFC 4180). */
  static String csv(String cell) {
    return cell.contains(",") || cell.contains("\"") || cell.contains("\n")
        ? "\"" + cell.replace("\"", "\"\"") + "\""
        : cell;
  }
}

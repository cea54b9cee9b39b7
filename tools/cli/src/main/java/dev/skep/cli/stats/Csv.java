package dev.skep.cli.stats;

import java.util.ArrayList;
import java.util.List;

/** Lines of comma-separated values (RFC 4180), without line breaks in values. */
final class Csv {
  private Csv() {}

  static String line(List<String> cells) {
    return String.join(",", cells.stream().map(Csv::cell).toList());
  }

  private static String cell(String cell) {
    return cell.contains(",") || cell.contains("\"") || cell.contains("\n")
        ? "\"" + cell.replace("\"", "\"\"").replace('\n', ' ') + "\""
        : cell;
  }

  static List<String> cells(String line) {
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
        cell.append('"');
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        cells.add(cell.toString());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    cells.add(cell.toString());
    return cells;
  }
}

package dev.skep.cli.stats;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Two runs side by side, as {@code veristat -C} shows them. */
public final class ComparisonReport {
  private static final List<Variant> SHOWN = List.of(Variant.A, Variant.B, Variant.DIFF);

  private final List<Statistic> columns;
  private final List<JoinedRow> rows;

  private ComparisonReport(List<Statistic> columns, List<JoinedRow> rows) {
    this.columns = columns;
    this.rows = rows;
  }

  /** Joins the runs; the report says which rows of the result are shown. */
  public static ComparisonReport of(Report report, List<StatRow> first, List<StatRow> second) {
    return new ComparisonReport(
        report.columns(),
        Comparison.join(first, second).stream()
            .filter(row -> report.filters().wants(row))
            .sorted(Comparison.order(report.order()))
            .limit(report.top() == 0 ? Long.MAX_VALUE : report.top())
            .toList());
  }

  /** Lines for people. */
  public List<String> table() {
    Columns table = new Columns();
    for (Statistic column : columns) {
      if (column.isKey()) {
        table.head(column.head(), "");
      } else {
        SHOWN.forEach(variant -> table.head(column.head(), " (" + variant.name() + ")"));
      }
    }
    for (JoinedRow row : rows) {
      table.row();
      for (Statistic column : columns) {
        if (column.isKey()) {
          table.cell(row.name(column), false);
        } else {
          SHOWN.forEach(variant -> table.cell(row.text(column, variant), column.isRightAligned()));
        }
      }
    }
    return table.lines(false);
  }

  /** Lines with a head, the columns of a statistic ending in _base, _comp and _diff. */
  public List<String> csv() {
    List<String> lines = new ArrayList<>();
    List<String> head = new ArrayList<>();
    for (Statistic column : columns) {
      if (column.isKey()) {
        head.add(column.key());
      } else {
        List.of("_base", "_comp", "_diff").forEach(end -> head.add(column.key() + end));
      }
    }
    lines.add(Csv.line(head));
    for (JoinedRow row : rows) {
      List<String> cells = new ArrayList<>();
      for (Statistic column : columns) {
        if (column.isKey()) {
          cells.add(row.name(column));
        } else {
          SHOWN.forEach(variant -> cells.add(row.text(column, variant)));
        }
      }
      lines.add(Csv.line(cells));
    }
    return lines;
  }

  /** How many rows there are to write with {@link #write}. */
  public int size() {
    return rows.size();
  }

  /** Writes a row as an object: per statistic an object with a, b, diff and pct. */
  public void write(JsonGenerator json, int index) throws IOException {
    JoinedRow row = rows.get(index);
    json.writeStartObject();
    for (Statistic column : columns) {
      if (column.isKey()) {
        String name = column == Statistic.FILE_NAME ? "object" : "program";
        json.writeStringField(name, row.name(column));
      } else {
        json.writeObjectFieldStart(column.key());
        write(json, row, column);
        json.writeEndObject();
      }
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, JoinedRow row, Statistic column)
      throws IOException {
    boolean figures = column.isRightAligned();
    for (Variant variant : figures ? List.of(Variant.values()) : SHOWN) {
      String name = variant.suffix().substring(1);
      if (!figures) {
        json.writeStringField(name, row.text(column, variant));
        continue;
      }
      double number = row.number(column, variant);
      if (Double.isInfinite(number)) {
        json.writeNullField(name);
      } else if (variant == Variant.PCT || column.isTenths()) {
        json.writeNumberField(name, Math.round(number * 100) / 100.0);
      } else {
        json.writeNumberField(name, (long) number);
      }
    }
  }
}

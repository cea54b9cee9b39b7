package dev.skep.cli.stats;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What is shown of one or two runs: which rows, in which order, with which statistics.
 *
 * @param columns the statistics, each once or more
 * @param order of the rows, by file and program where nothing else is asked for
 * @param top how many rows at most, 0 for all
 */
public record Report(List<Statistic> columns, List<StatSpec> order, Filters filters, int top) {

  /** The columns and the order that were asked for, or the ones given here. */
  public static Report of(
      List<String> emit, List<Statistic> standard, List<String> sort, Filters filters, int top) {
    List<Statistic> columns = new ArrayList<>();
    StatSpec.all(emit).forEach(spec -> columns.add(spec.statistic()));
    List<StatSpec> order = StatSpec.all(sort);
    return new Report(
        columns.isEmpty() ? standard : columns,
        order.isEmpty() ? StatSpec.BY_NAME : order,
        filters,
        top);
  }

  /** The rows that are shown. */
  public <T> List<T> selected(List<T> all, java.util.function.Function<T, StatRow> row) {
    Comparator<StatRow> comparator = RowOrder.of(order);
    return all.stream()
        .filter(one -> filters.wants(row.apply(one)))
        .sorted((x, y) -> comparator.compare(row.apply(x), row.apply(y)))
        .limit(top == 0 ? Long.MAX_VALUE : top)
        .toList();
  }

  /** Lines for people. */
  public List<String> table(List<StatRow> rows) {
    Columns table = new Columns();
    for (Statistic column : columns) {
      boolean left = column.isHeadLeft();
      table.head(left ? column.head() : "", left ? "" : column.head());
    }
    for (StatRow row : rows) {
      table.row();
      columns.forEach(column -> table.cell(row.get(column).text(), column.isRightAligned()));
    }
    return table.lines(true);
  }

  /** Writes a row as an object, the statistics under their first names. */
  public void write(JsonGenerator json, StatRow row) throws IOException {
    json.writeStartObject();
    for (Statistic column : columns) {
      Value value = row.get(column);
      if (column.isRightAligned() && value.hasNumber()) {
        if (column.isTenths()) {
          json.writeNumberField(column.key(), value.number() / 10.0);
        } else {
          json.writeNumberField(column.key(), value.number());
        }
      } else if (!value.equals(Value.UNKNOWN)) {
        json.writeStringField(column.key(), value.text());
      }
    }
    json.writeEndObject();
  }

  /** Lines that veristat can read; programs without a verdict are not among them. */
  public List<String> csv(List<StatRow> rows) {
    List<String> lines = new ArrayList<>();
    lines.add(Csv.line(columns.stream().map(Statistic::key).toList()));
    for (StatRow row : rows) {
      if (row.isJudged()) {
        lines.add(Csv.line(columns.stream().map(column -> row.get(column).text()).toList()));
      }
    }
    return lines;
  }
}

package dev.skep.cli.stats;

import dev.skep.cli.json.Json;
import dev.skep.errors.MalformedException;
import dev.skep.program.AttachType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run that was kept: CSV as {@code skep verify -o csv} and veristat write it, or the lines of
 * {@code skep verify -o json}.
 */
public final class RunFile {
  private final String path;
  private final List<StatRow> rows = new ArrayList<>();

  private RunFile(String path) {
    this.path = path;
  }

  /**
   * The programs of a run that are wanted by their names.
   *
   * @throws MalformedException if it cannot be read, with the line
   */
  public static List<StatRow> read(String path, Filters filters) {
    RunFile file = new RunFile(path);
    List<String> lines = ListFile.read(path);
    if (!lines.isEmpty() && lines.getFirst().startsWith("{")) {
      file.json(lines);
    } else {
      file.csv(lines);
    }
    return file.rows.stream().filter(row -> filters.wants(row.file(), row.program())).toList();
  }

  private MalformedException bad(int line, String what) {
    return new MalformedException(path + ": line " + (line + 1) + ": " + what);
  }

  private void csv(List<String> lines) {
    List<Statistic> columns = lines.isEmpty() ? List.of() : columns(lines.getFirst());
    for (int line = 1; line < lines.size(); line++) {
      if (lines.get(line).isEmpty()) {
        continue;
      }
      List<String> cells = Csv.cells(lines.get(line));
      if (cells.size() != columns.size()) {
        throw bad(line, cells.size() + " columns, not " + columns.size());
      }
      StatRow row = new StatRow();
      for (int i = 0; i < cells.size(); i++) {
        row.with(columns.get(i), value(line, columns.get(i), cells.get(i)));
      }
      rows.add(row);
    }
  }

  private List<Statistic> columns(String head) {
    List<Statistic> columns = new ArrayList<>();
    for (String name : Csv.cells(head)) {
      Statistic statistic = Statistic.named(name);
      if (statistic == null) {
        throw bad(0, String.valueOf(Statistic.unknown(name).getMessage()));
      }
      columns.add(statistic);
    }
    if (!columns.contains(Statistic.FILE_NAME) || !columns.contains(Statistic.PROG_NAME)) {
      throw bad(0, "no column for the name of the file or of the program");
    }
    return columns;
  }

  private void json(List<String> lines) {
    for (int line = 0; line < lines.size(); line++) {
      if (lines.get(line).isBlank()) {
        continue;
      }
      Map<String, @Nullable Object> fields;
      try {
        fields = Json.object(lines.get(line));
      } catch (MalformedException e) {
        throw bad(line, e.getMessage());
      }
      String object = String.valueOf(fields.getOrDefault("object", ""));
      String program = String.valueOf(fields.getOrDefault("program", ""));
      StatRow row = StatRow.of(object.substring(object.lastIndexOf('/') + 1), program);
      for (Map.Entry<String, @Nullable Object> field : fields.entrySet()) {
        Statistic statistic = Statistic.named(field.getKey());
        Object value = field.getValue();
        if (statistic != null && !statistic.isKey() && isPlain(value)) {
          row.with(statistic, value(line, statistic, String.valueOf(value)));
        }
      }
      if (!program.isEmpty()) {
        rows.add(row);
      }
    }
  }

  private static boolean isPlain(@Nullable Object value) {
    return value instanceof String || value instanceof Number;
  }

  private Value value(int line, Statistic statistic, String text) {
    if (text.equals(Value.UNKNOWN.text())) {
      return Value.UNKNOWN;
    }
    return switch (statistic) {
      case VERDICT -> Value.verdict(text);
      case PROG_TYPE -> Value.programType(text);
      case ATTACH_TYPE -> {
        AttachType type = AttachType.ofText(text);
        yield type == null ? Value.UNKNOWN : Value.attachType(type.number());
      }
      case STACK -> Value.of(stack(line, text));
      default -> {
        if (!statistic.isNumeric()) {
          yield Value.of(text);
        }
        yield statistic.isTenths()
            ? Value.ofTenths(decimal(line, text))
            : Value.of(number(line, text));
      }
    };
  }

  private double decimal(int line, String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw bad(line, "\"" + text + "\" is no number");
    }
  }

  private long number(int line, String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      throw bad(line, "\"" + text + "\" is no integer");
    }
  }

  /** Depths of functions joined with '+', as in logs and JSON, or their sum. */
  private long stack(int line, String text) {
    long sum = 0;
    for (String depth : text.split("\\+", -1)) {
      sum += number(line, depth);
    }
    return sum;
  }
}

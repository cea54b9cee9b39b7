package dev.skep.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows of a table for values of one type, as of each CPU: one for each number or text in them. */
final class ValueRows {
  private final TextTable table;
  private final boolean summed;

  /**
   * @param summed whether the last column is the sum of the others
   */
  ValueRows(TextTable table, boolean summed) {
    this.table = table;
    this.summed = summed;
  }

  /**
   * Adds the rows of a value and its parts.
   *
   * @param name what it is, empty for the variables of a section
   * @param values one a column, all of the same type
   */
  void add(String name, List<Object> values) {
    switch (values.getFirst()) {
      case Map<?, ?> members -> {
        for (Object member : members.keySet()) {
          String path = name.isEmpty() ? String.valueOf(member) : name + "." + member;
          add(path, parts(values, value -> ((Map<?, ?>) value).get(member)));
        }
      }
      case List<?> elements -> {
        for (int i = 0; i < elements.size(); i++) {
          int at = i;
          List<Object> parts = parts(values, value -> ((List<?>) value).get(at));
          if (!parts.stream().allMatch(ValueRows::zero)) {
            add(name + "[" + i + "]", parts);
          }
        }
      }
      default -> row(name, values);
    }
  }

  private interface Part {
    @Nullable Object of(Object value);
  }

  private static List<Object> parts(List<Object> values, Part part) {
    List<Object> parts = new ArrayList<>();
    for (Object value : values) {
      Object found = part.of(value);
      parts.add(found == null ? "" : found);
    }
    return parts;
  }

  private static boolean zero(Object value) {
    return switch (value) {
      case Long number -> number == 0;
      case BtfValue.UnsignedLong number -> number.bits() == 0;
      case Boolean flag -> !flag;
      case Map<?, ?> map -> map.values().stream().allMatch(ValueRows::zero);
      case List<?> list -> list.stream().allMatch(ValueRows::zero);
      default -> value.toString().isEmpty();
    };
  }

  private void row(String name, List<Object> values) {
    List<String> cells = new ArrayList<>(List.of(name));
    values.forEach(value -> cells.add(text(value)));
    if (summed) {
      Object sum = null;
      for (Object value : values) {
        sum = BtfValue.sum(sum, value);
      }
      cells.add(sum instanceof Long || sum instanceof BtfValue.UnsignedLong ? text(sum) : "");
    }
    table.row(cells);
  }

  private static String text(Object value) {
    return value instanceof Long number
        ? String.format(Locale.ROOT, "%,d", number)
        : value instanceof String string ? string : BtfValue.text(value);
  }
}

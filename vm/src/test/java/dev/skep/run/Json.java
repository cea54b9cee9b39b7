package dev.skep.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of golden files: objects, arrays, strings, integers, booleans, null. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> object(String line) {
    return (Map<String, Object>) Objects.requireNonNull(new Json(line).value());
  }

  private @Nullable Object value() {
    return switch (text.charAt(at)) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't', 'f' -> bool();
      case 'n' -> nothing();
      default -> number();
    };
  }

  private Map<String, Object> object() {
    Map<String, Object> object = new HashMap<>();
    at++;
    while (!skip('}')) {
      String name = string();
      skip(':');
      object.put(name, value());
      skip(',');
    }
    return object;
  }

  private List<Object> array() {
    List<Object> array = new ArrayList<>();
    at++;
    while (!skip(']')) {
      array.add(value());
      skip(',');
    }
    return array;
  }

  /** Escapes stay as they are written: only notes have any. */
  private String string() {
    int end = at + 1;
    while (text.charAt(end) != '"') {
      end += text.charAt(end) == '\\' ? 2 : 1;
    }
    String string = text.substring(at + 1, end);
    at = end + 1;
    return string;
  }

  private Boolean bool() {
    boolean value = text.charAt(at) == 't';
    at += value ? 4 : 5;
    return value;
  }

  private @Nullable Object nothing() {
    at += 4;
    return null;
  }

  private Long number() {
    int start = at;
    while (at < text.length() && "-0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return Long.valueOf(text.substring(start, at));
  }

  private boolean skip(char c) {
    if (text.charAt(at) != c) {
      return false;
    }
    at++;
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return true;
  }
}

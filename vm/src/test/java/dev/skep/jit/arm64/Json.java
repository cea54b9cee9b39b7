package dev.skep.jit.arm64;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the JSON of golden files: objects, arrays, strings without escapes, integers, booleans. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> object(String line) {
    return (Map<String, Object>) new Json(line).value();
  }

  private Object value() {
    return switch (text.charAt(at)) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't', 'f' -> bool();
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

  private String string() {
    int end = text.indexOf('"', at + 1);
    String string = text.substring(at + 1, end);
    at = end + 1;
    return string;
  }

  private Boolean bool() {
    boolean value = text.charAt(at) == 't';
    at += value ? 4 : 5;
    return value;
  }

  private Integer number() {
    int start = at;
    while (at < text.length() && "-0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    return Integer.valueOf(text.substring(start, at));
  }

  private boolean skip(char c) {
    if (text.charAt(at) != c) {
      return false;
    }
    at++;
    return true;
  }
}

package dev.skep.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON of golden files: objects, arrays, strings, integers ({@link Long}), booleans,
 * null.
 */
public final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** The object that a line is. */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> object(String line) {
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

  /** An integer of an object or array, which must fit in an int. */
  public static int integer(@Nullable Object value) {
    return Math.toIntExact((Long) Objects.requireNonNull(value));
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

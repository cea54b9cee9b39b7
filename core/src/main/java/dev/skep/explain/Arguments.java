package dev.skep.explain;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a C line passes in an argument of a call. */
final class Arguments {
  private Arguments() {}

  /**
   * The text of an argument.
   *
   * @param register 1 for the first
   * @return null when the line does not show it
   */
  static @Nullable String of(String code, @Nullable String function, int register) {
    int at = function == null ? -1 : code.indexOf(function + "(");
    if (function == null || at < 0) {
      return null;
    }
    List<String> arguments = split(code.substring(at + function.length() + 1));
    return register >= 1 && register <= arguments.size() ? arguments.get(register - 1) : null;
  }

  /** The arguments up to the parenthesis that ends the call; none if the line ends before. */
  private static List<String> split(String text) {
    List<String> found = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '(' || c == '[' || c == '{') {
        depth++;
      } else if (depth > 0 && (c == ')' || c == ']' || c == '}')) {
        depth--;
      } else if (depth == 0 && (c == ',' || c == ')')) {
        found.add(text.substring(from, i).strip());
        from = i + 1;
        if (c == ')') {
          return found;
        }
      }
    }
    return List.of();
  }
}

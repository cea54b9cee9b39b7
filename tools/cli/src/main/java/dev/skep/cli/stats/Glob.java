package dev.skep.cli.stats;

/**
 * A pattern for names, where {@code *} stands for anything and {@code ?} for one character.
 *
 * @param pattern empty to match every name
 */
record Glob(String pattern) {
  boolean matches(String name) {
    return pattern.isEmpty() || matches(name, 0, 0);
  }

  /** Goes back to the last star only, as what an earlier one took can stay. */
  private boolean matches(String name, int nameFrom, int patternFrom) {
    int n = nameFrom;
    int p = patternFrom;
    int star = -1;
    int taken = 0;
    while (n < name.length()) {
      char wanted = p < pattern.length() ? pattern.charAt(p) : 0;
      if (wanted == '*') {
        star = p++;
        taken = n;
      } else if (p < pattern.length() && (wanted == '?' || wanted == name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++taken;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}

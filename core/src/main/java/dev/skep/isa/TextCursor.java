package dev.skep.isa;

import dev.skep.errors.MalformedException;

/** A position in one line of assembly; blanks before a token are skipped. */
final class TextCursor {
  private final String text;
  private final int line;
  private int at;
  private int token;

  /**
   * @param line number of the line, from 1
   */
  TextCursor(String text, int line) {
    this.text = text;
    this.line = line;
  }

  private void skipBlanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    token = at;
  }

  boolean atEnd() {
    skipBlanks();
    return at == text.length();
  }

  /** Where to come back to with {@link #reset}. */
  int mark() {
    return at;
  }

  void reset(int mark) {
    at = mark;
    token = mark;
  }

  /** Takes this text if it is next. */
  boolean accept(String expected) {
    skipBlanks();
    if (!text.startsWith(expected, at)) {
      return false;
    }
    int end = at + expected.length();
    if (isWordChar(expected.charAt(expected.length() - 1))
        && end < text.length()
        && isWordChar(text.charAt(end))) {
      return false;
    }
    at = end;
    return true;
  }

  void expect(String expected) {
    if (!accept(expected)) {
      throw unexpected("\"" + expected + "\"");
    }
  }

  /** Takes letters, digits, '_' and '.'; empty if none is next. */
  String word() {
    skipBlanks();
    int start = at;
    while (at < text.length() && isWordChar(text.charAt(at))) {
      at++;
    }
    return text.substring(start, at);
  }

  /** Whether a number is next, possibly with a sign. */
  boolean atNumber() {
    skipBlanks();
    int digit = at;
    if (digit < text.length() && (text.charAt(digit) == '-' || text.charAt(digit) == '+')) {
      digit = skipBlanksFrom(digit + 1);
    }
    return digit < text.length() && isDigit(text.charAt(digit));
  }

  private int skipBlanksFrom(int position) {
    int i = position;
    while (i < text.length() && Character.isWhitespace(text.charAt(i))) {
      i++;
    }
    return i;
  }

  /**
   * Takes a number: decimal or 0x, with an optional sign. Hexadecimal covers all 64-bit patterns,
   * decimal -2^63 .. 2^64-1.
   */
  long number() {
    if (!atNumber()) {
      throw unexpected("a number");
    }
    boolean negative = text.charAt(at) == '-';
    if (negative || text.charAt(at) == '+') {
      at = skipBlanksFrom(at + 1);
    }
    int radix = text.startsWith("0x", at) || text.startsWith("0X", at) ? 16 : 10;
    String digits = word();
    try {
      long magnitude = Long.parseUnsignedLong(radix == 16 ? digits.substring(2) : digits, radix);
      if (negative && magnitude < 0 && magnitude != Long.MIN_VALUE) {
        throw error("number out of range: -" + digits);
      }
      return negative ? -magnitude : magnitude;
    } catch (NumberFormatException e) {
      throw error("malformed number \"" + digits + "\"");
    }
  }

  /** As {@link #number}, inside the bounds. */
  int number(long min, long max) {
    skipBlanks();
    int start = at;
    long value = number();
    if (value < min || value > max) {
      token = start;
      throw error("number out of range " + min + ".." + max + ": " + value);
    }
    return (int) value;
  }

  /** "line 3, column 5: expected WHAT, found ...". */
  MalformedException unexpected(String what) {
    skipBlanks();
    String found = "the end of the line";
    if (at < text.length()) {
      int start = at;
      String word = word();
      at = start;
      found = "\"" + (word.isEmpty() ? text.substring(at, at + 1) : word) + "\"";
    }
    return error("expected " + what + ", found " + found);
  }

  /** An error at the token that was read last. */
  MalformedException error(String message) {
    return new MalformedException("line " + line + ", column " + (token + 1) + ": " + message);
  }

  static boolean isWordChar(char c) {
    return c == '_' || c == '.' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}

package dev.skep.cli;

/**
 * JSON as bpftool lays it out: on one line, or indented, where every member of an object has a line
 * of its own and elements of arrays follow each other. Numbers may be hexadecimal there.
 */
final class DumpJson {
  private static final String INDENT = "    ";

  private final StringBuilder out = new StringBuilder();
  private final boolean indented;
  private int depth;

  /** Whether a comma belongs before what comes next. */
  private boolean follows;

  DumpJson(boolean indented) {
    this.indented = indented;
  }

  void startObject() {
    start('{');
  }

  void endObject() {
    end('}');
  }

  void startArray() {
    start('[');
  }

  void endArray() {
    end(']');
  }

  private void start(char bracket) {
    separate();
    out.append(bracket);
    depth++;
    follows = false;
  }

  private void end(char bracket) {
    depth--;
    if (follows) {
      line();
    }
    out.append(bracket);
    follows = true;
  }

  private void separate() {
    if (follows) {
      out.append(',');
    }
    follows = true;
  }

  private void line() {
    if (indented) {
      out.append('\n').repeat(INDENT, depth);
    }
  }

  /** The name of the member whose value comes next. */
  void name(String name) {
    separate();
    line();
    quoted(name);
    out.append(indented ? ": " : ":");
    follows = false;
  }

  void string(String text) {
    separate();
    quoted(text);
  }

  /** A value in its own words: a number, true, (nil). */
  void word(String text) {
    separate();
    out.append(text);
  }

  /** An array of bytes as 0x01. */
  void bytes(byte[] bytes) {
    startArray();
    for (byte b : bytes) {
      string(String.format("0x%02x", b));
    }
    endArray();
  }

  private void quoted(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ') {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /** What was written. */
  String text() {
    return out.toString();
  }
}

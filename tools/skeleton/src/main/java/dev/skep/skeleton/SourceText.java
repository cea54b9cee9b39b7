package dev.skep.skeleton;

/** Source text that is put together line by line, indented by its braces. */
final class SourceText {
  private final StringBuilder text = new StringBuilder();
  private int depth;

  /**
   * A line; one that ends with a brace indents what follows, one that begins with one ends that.
   */
  SourceText line(String line) {
    if (line.startsWith("}")) {
      depth--;
    }
    if (!line.isEmpty()) {
      text.repeat("  ", depth).append(line);
    }
    text.append('\n');
    if (line.endsWith("{")) {
      depth++;
    }
    return this;
  }

  /** An empty line, unless a block has just begun. */
  SourceText gap() {
    if (!text.toString().endsWith("{\n")) {
      text.append('\n');
    }
    return this;
  }

  /** Lines as they are. */
  SourceText verbatim(String lines) {
    text.append(lines);
    return this;
  }

  /** A comment, on one line where it fits. */
  SourceText doc(String sentence) {
    String whole = "/** " + sentence + " */";
    if (2 * depth + whole.length() <= 100) {
      return line(whole);
    }
    line("/**");
    StringBuilder current = new StringBuilder(" *");
    for (String word : sentence.split(" ", -1)) {
      if (2 * depth + current.length() + 1 + word.length() > 100) {
        line(current.toString());
        current = new StringBuilder(" *");
      }
      current.append(' ').append(word);
    }
    return line(current.toString()).line(" */");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}

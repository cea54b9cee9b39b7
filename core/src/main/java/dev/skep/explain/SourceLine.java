package dev.skep.explain;

/**
 * A line of C, as .BTF.ext has it.
 *
 * @param file as the compiler named it
 * @param line from 1
 * @param column from 1, 0 where unknown
 * @param text without its line feed; empty when the compiler did not see the source
 */
public record SourceLine(String file, int line, int column, String text) {
  /** "prog.c:12:7". */
  public String position() {
    return file + ":" + line + (column > 0 ? ":" + column : "");
  }

  boolean samePlace(SourceLine other) {
    return line == other.line && file.equals(other.file);
  }
}

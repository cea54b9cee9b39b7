package dev.skep.ladder;

/**
 * What one rung said of one sample.
 *
 * @param detail for a difference both sides around the first line that differs, for a missing piece
 *     its name
 */
public record Finding(Rung rung, Kind kind, String detail) {
  /** Longer lines are cut when they are shown. */
  private static final int LINE_CHARS = 240;

  public enum Kind {
    /** Both sides say the same. */
    EQUAL,
    DIFFERENT,
    /** Skep lacks something, which the detail names. */
    UNSUPPORTED,
    /** There is nothing to compare; the detail says why. */
    NOT_COMPARED
  }

  public static Finding equal(Rung rung) {
    return new Finding(rung, Kind.EQUAL, "");
  }

  public static Finding unsupported(Rung rung, String what) {
    return new Finding(rung, Kind.UNSUPPORTED, what);
  }

  public static Finding notCompared(Rung rung, String why) {
    return new Finding(rung, Kind.NOT_COMPARED, why);
  }

  /** Compares two texts and keeps the first lines that differ. */
  public static Finding compare(Rung rung, String linux, String skep) {
    if (linux.equals(skep)) {
      return equal(rung);
    }
    String[] left = linux.split("\n", -1);
    String[] right = skep.split("\n", -1);
    int i = 0;
    while (i < left.length && i < right.length && left[i].equals(right[i])) {
      i++;
    }
    int column = column(i < left.length ? left[i] : "", i < right.length ? right[i] : "");
    StringBuilder out = new StringBuilder("line " + (i + 1) + '\n');
    for (int before = Math.max(0, i - 4); before < i; before++) {
      out.append("  both:  ").append(shown(left[before], 0)).append('\n');
    }
    append(out, "  linux: ", left, i, 1, column);
    append(out, "  skep:  ", right, i, 1, column);
    append(out, "  linux then: ", left, i + 1, 2, 0);
    append(out, "  skep then:  ", right, i + 1, 2, 0);
    return new Finding(rung, Kind.DIFFERENT, out.toString());
  }

  private static void append(
      StringBuilder out, String prefix, String[] lines, int from, int count, int column) {
    for (int i = from; i < from + count; i++) {
      if (i < lines.length) {
        out.append(prefix).append(shown(lines[i], column)).append('\n');
      } else if (i == lines.length && !prefix.contains("then")) {
        out.append(prefix).append("(end)\n");
      }
    }
  }

  /** Where two lines begin to differ. */
  private static int column(String left, String right) {
    int column = 0;
    while (column < Math.min(left.length(), right.length())
        && left.charAt(column) == right.charAt(column)) {
      column++;
    }
    return column;
  }

  /** A long line is cut to what lies around a column. */
  private static String shown(String line, int column) {
    int from = line.length() <= LINE_CHARS ? 0 : Math.max(0, column - LINE_CHARS / 2);
    int to = Math.min(line.length(), from + LINE_CHARS);
    return (from > 0 ? ".." : "") + line.substring(from, to) + (to < line.length() ? ".." : "");
  }

  /** What the difference looks like, without its numbers: the two lines that differ first. */
  public String signature() {
    StringBuilder out = new StringBuilder();
    for (String line : detail.split("\n", -1)) {
      if (line.startsWith("  linux: ") || line.startsWith("  skep:  ")) {
        out.append(line.replaceAll("[0-9.]{10} \\(|0x[0-9a-f]+|-?[0-9]+", "N")).append('\n');
        if (line.startsWith("  skep:  ")) {
          break;
        }
      }
    }
    return out.toString();
  }

  /** The same with more to read. */
  public Finding with(String more) {
    return new Finding(rung, kind, detail + more + '\n');
  }

  public boolean isDifferent() {
    return kind == Kind.DIFFERENT;
  }
}

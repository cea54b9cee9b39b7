package dev.skep.ladder;

/**
 * What one rung said of one sample.
 *
 * @param detail for a difference both sides around the first line that differs, for a missing
 *     piece its name
 */
public record Finding(Rung rung, Kind kind, String detail) {
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
    StringBuilder out = new StringBuilder("line " + (i + 1) + '\n');
    for (int before = Math.max(0, i - 4); before < i; before++) {
      out.append("  both:  ").append(left[before]).append('\n');
    }
    append(out, "  linux: ", left, i, 1);
    append(out, "  skep:  ", right, i, 1);
    append(out, "  linux then: ", left, i + 1, 2);
    append(out, "  skep then:  ", right, i + 1, 2);
    return new Finding(rung, Kind.DIFFERENT, out.toString());
  }

  private static void append(
      StringBuilder out, String prefix, String[] lines, int from, int count) {
    for (int i = from; i < from + count; i++) {
      out.append(prefix).append(i < lines.length ? lines[i] : "(end)").append('\n');
    }
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

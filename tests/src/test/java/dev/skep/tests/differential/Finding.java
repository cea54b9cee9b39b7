package dev.skep.tests.differential;

/**
 * What one rung said of one sample.
 *
 * @param detail for a difference both sides, for a missing piece its name
 */
record Finding(Rung rung, Kind kind, String detail) {
  enum Kind {
    EQUAL,
    DIFFERENT,
    UNSUPPORTED
  }

  static Finding equal(Rung rung) {
    return new Finding(rung, Kind.EQUAL, "");
  }

  static Finding unsupported(Rung rung, String what) {
    return new Finding(rung, Kind.UNSUPPORTED, what);
  }

  /** Compares two texts and keeps the first lines that differ. */
  static Finding compare(Rung rung, String linux, String skep) {
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
    append(out, "  linux: ", left, i);
    append(out, "  skep:  ", right, i);
    return new Finding(rung, Kind.DIFFERENT, out.toString());
  }

  private static void append(StringBuilder out, String prefix, String[] lines, int from) {
    for (int i = from; i < Math.min(lines.length, from + 3); i++) {
      out.append(prefix).append(lines[i]).append('\n');
    }
    if (from >= lines.length) {
      out.append(prefix).append("(end)\n");
    }
  }

  /** The same with more to read. */
  Finding with(String more) {
    return new Finding(rung, kind, detail + more + '\n');
  }

  boolean isDifferent() {
    return kind == Kind.DIFFERENT;
  }
}

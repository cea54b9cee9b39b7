package dev.skep.cli.stats;

/**
 * A filter by names. {@code GLOB} is for files and programs alike, {@code FILE/PROG} for both of
 * them, {@code FILE/} and {@code /PROG} for one of them; a colon does for the slash.
 *
 * @param any matches either name; empty when file and program have globs of their own
 */
record NameFilter(Glob any, Glob file, Glob program) {
  private static final Glob ALL = new Glob("");

  static NameFilter parse(String text) {
    int split = text.indexOf('/');
    if (split < 0) {
      split = text.indexOf(':');
    }
    return split < 0
        ? new NameFilter(new Glob(text), ALL, ALL)
        : new NameFilter(
            ALL, new Glob(text.substring(0, split)), new Glob(text.substring(split + 1)));
  }

  boolean lets(String fileName, String programName) {
    return any.pattern().isEmpty()
        ? file.matches(fileName) && program.matches(programName)
        : any.matches(fileName) || any.matches(programName);
  }

  /** Whether it leaves out all programs of a file. */
  boolean leavesOut(String fileName) {
    return !any.pattern().isEmpty() && any.matches(fileName)
        || !file.pattern().isEmpty() && file.matches(fileName);
  }

  /** As a filter that leaves out: either name is enough, as in veristat. */
  boolean leavesOut(String fileName, String programName) {
    return !any.pattern().isEmpty() && lets(fileName, programName)
        || !file.pattern().isEmpty() && file.matches(fileName)
        || !program.pattern().isEmpty() && program.matches(programName);
  }
}

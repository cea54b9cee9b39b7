import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Makes the table of checks of what the tests of all modules noted in target/checks.tsv: which
 * check which tests make, and how they ended on each engine. Prints it, or with --write puts it
 * into docs/tail-call-checks.md.
 *
 * <p>Fails when a check of build/checks.tsv has no test, when a test of one failed, or when the
 * committed table differs in more than what this machine skips.
 */
final class Checks {
  private static final List<String> COLUMNS =
      List.of("", "interp", "jit", "jit-kernel", "linux", "arm64");

  /** How deep in the project a module's target/checks.tsv may be. */
  private static final int DEPTH = 4;

  /** How the tests of one check ended on one engine. */
  private static final class Cell {
    int ok;
    final TreeSet<String> skipped = new TreeSet<>();
    final TreeSet<String> failed = new TreeSet<>();
  }

  private static final class Row {
    final String title;
    final TreeSet<String> tests = new TreeSet<>();
    final Map<String, Cell> cells = new LinkedHashMap<>();

    Row(String title) {
      this.title = title;
    }

    /** As "FooTest: a, b; BarTest: c". */
    String tests() {
      Map<String, TreeSet<String>> methods = new TreeMap<>();
      for (String test : tests) {
        String[] parts = test.split("\\.", -1);
        methods.computeIfAbsent(parts[0], type -> new TreeSet<>()).add(parts[1]);
      }
      List<String> texts = new ArrayList<>();
      methods.forEach((type, names) -> texts.add(type + ": " + String.join(", ", names)));
      return String.join("; ", texts);
    }
  }

  private final TreeMap<Integer, Row> rows = new TreeMap<>();
  private final List<String> reasons = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  public static void main(String[] args) throws IOException {
    Path root = Path.of(args[0]);
    Checks checks = new Checks();
    checks.readTitles(root.resolve("build/checks.tsv"));
    try (Stream<Path> files = Files.walk(root, DEPTH)) {
      for (Path file : files.filter(f -> f.endsWith("target/checks.tsv")).sorted().toList()) {
        checks.readResults(file);
      }
    }
    Path committed = root.resolve("docs/tail-call-checks.md");
    String table = checks.table();
    if (args.length > 1 && args[1].equals("--write")) {
      Files.writeString(committed, table);
    } else {
      checks.compare(Files.exists(committed) ? Files.readString(committed) : "", table);
    }
    checks.finish();
  }

  private void readTitles(Path file) throws IOException {
    for (String line : Files.readAllLines(file)) {
      String[] fields = line.split("\t", -1);
      rows.put(Integer.valueOf(fields[0]), new Row(fields[1]));
    }
  }

  private void readResults(Path file) throws IOException {
    for (String line : Files.readAllLines(file)) {
      String[] fields = line.split("\t", -1);
      Row row = rows.get(Integer.valueOf(fields[0]));
      if (row == null) {
        problems.add("check " + fields[0] + " of " + fields[1] + " is not in build/checks.tsv");
        continue;
      }
      row.tests.add(fields[1]);
      Cell cell = row.cells.computeIfAbsent(fields[2], engine -> new Cell());
      switch (fields[3]) {
        case "ok" -> cell.ok++;
        case "skipped" -> cell.skipped.add(fields[4]);
        default -> cell.failed.add(fields[1] + ": " + fields[4]);
      }
    }
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append("# Tail calls: the checks and their tests\n\n")
        .append("Made by `build/Checks.java` of what the tests noted in `mvn verify`; ")
        .append("`java build/Checks.java . --write` makes it anew.\n")
        .append("The column \"itself\" has tests that need no engine. ")
        .append("\"ok\" is a test that passed there, \"-\" none; numbers are reasons, below.\n\n")
        .append(
            "| | what must hold | itself | interp | jit | jit-kernel | linux | arm64 | tests |\n")
        .append("|---|---|---|---|---|---|---|---|---|\n");
    rows.forEach((number, row) -> text.append(line(number, row)));
    text.append("\nNot done there, because\n\n");
    for (int i = 0; i < reasons.size(); i++) {
      text.append(i + 1).append(". ").append(reasons.get(i)).append('\n');
    }
    return text.toString();
  }

  private String line(int number, Row row) {
    StringBuilder line = new StringBuilder("| " + number + " | " + row.title + " |");
    for (String column : COLUMNS) {
      Cell cell = row.cells.get(column);
      line.append(' ').append(cell == null ? "-" : text(cell)).append(" |");
      if (cell != null) {
        cell.failed.forEach(test -> problems.add("check " + number + " failed: " + test));
      }
    }
    if (row.tests.isEmpty()) {
      problems.add("check " + number + " has no test: " + row.title);
    }
    return line.append(' ').append(row.tests()).append(" |\n").toString();
  }

  private String text(Cell cell) {
    List<String> parts = new ArrayList<>();
    if (!cell.failed.isEmpty()) {
      parts.add("FAILED");
    }
    if (cell.ok > 0) {
      parts.add("ok");
    }
    for (String reason : cell.skipped) {
      if (!reasons.contains(reason)) {
        reasons.add(reason);
      }
      parts.add("(" + (reasons.indexOf(reason) + 1) + ")");
    }
    return String.join(" ", parts);
  }

  /**
   * The committed table must have the same checks with the same tests, and no engine may have lost
   * or got a result, except that what passed there may be skipped here: the machine lacks it.
   */
  private void compare(String committed, String made) {
    List<String> before = lines(committed);
    List<String> now = lines(made);
    boolean same = before.size() == now.size();
    for (int i = 0; same && i < now.size(); i++) {
      same = agree(before.get(i).split("\\|", -1), now.get(i).split("\\|", -1));
      if (!same) {
        problems.add("now:       " + now.get(i));
        problems.add("committed: " + before.get(i));
      }
    }
    if (!same) {
      problems.add("docs/tail-call-checks.md is not current: java build/Checks.java . --write");
    }
  }

  private static List<String> lines(String table) {
    return table.lines().filter(line -> line.matches("\\| \\d.*")).toList();
  }

  private static boolean agree(String[] before, String[] now) {
    boolean same = before.length == now.length;
    for (int i = 0; same && i < now.length; i++) {
      boolean result = i > 2 && i < 3 + COLUMNS.size();
      same =
          before[i].equals(now[i])
              || result && !before[i].isBlank() && now[i].contains("(")
              || result && before[i].contains("ok") && now[i].contains("ok");
    }
    return same;
  }

  private void finish() {
    long skips =
        rows.values().stream()
            .flatMap(row -> row.cells.values().stream())
            .mapToLong(cell -> cell.skipped.size())
            .sum();
    System.out.println(
        "checks: "
            + rows.size()
            + ", skipped on an engine: "
            + skips
            + ", for "
            + reasons.size()
            + " reasons");
    reasons.forEach(reason -> System.out.println("  skipped: " + reason));
    problems.forEach(System.err::println);
    if (!problems.isEmpty()) {
      System.exit(1);
    }
  }
}

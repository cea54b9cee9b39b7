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
 * Makes the tables of checks of what the tests of all modules noted in target/checks.tsv: which
 * check which tests make, and how they ended on each engine. The checks of build/NAME.tsv, each
 * with a tab and what must hold, are for docs/NAME.md; those behind a # may be without a test.
 *
 * <p>Fails when a check has no test, when a test of one failed, or when a committed table differs
 * in more than what this machine skips; with --write it writes the tables instead of comparing
 * them.
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
    final boolean open;
    final TreeSet<String> tests = new TreeSet<>();
    final Map<String, Cell> cells = new LinkedHashMap<>();

    Row(String title, boolean open) {
      this.title = title;
      this.open = open;
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

  private final String title;
  private final TreeMap<Integer, Row> rows = new TreeMap<>();
  private final List<String> reasons = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  private Checks(String title) {
    this.title = title;
  }

  public static void main(String[] args) throws IOException {
    Path root = Path.of(args[0]);
    boolean write = args.length > 1 && args[1].equals("--write");
    List<String> results = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root, DEPTH)) {
      for (Path file : files.filter(f -> f.endsWith("target/checks.tsv")).sorted().toList()) {
        results.addAll(Files.readAllLines(file));
      }
    }
    boolean good =
        make(root, "tail-call-checks", "Tail calls: the checks and their tests", results, write)
            & make(
                root, "percpu-checks", "Per-CPU data: the checks and their tests", results, write);
    for (String left : results) {
      System.err.println("no such check: " + left);
    }
    if (!good || !results.isEmpty()) {
      System.exit(1);
    }
  }

  /** Makes one table, and takes its results out of the list. */
  private static boolean make(
      Path root, String name, String title, List<String> results, boolean write)
      throws IOException {
    Checks checks = new Checks(title);
    checks.readTitles(root.resolve("build").resolve(name + ".tsv"));
    results.removeIf(checks::take);
    Path committed = root.resolve("docs").resolve(name + ".md");
    checks.rows.values().removeIf(row -> row.open && row.tests.isEmpty());
    String table = checks.table();
    if (write) {
      Files.writeString(committed, table);
    } else {
      checks.compare(Files.exists(committed) ? Files.readString(committed) : "", table, name);
    }
    return checks.finish(name);
  }

  private void readTitles(Path file) throws IOException {
    for (String line : Files.readAllLines(file)) {
      boolean open = line.startsWith("#");
      String[] fields = line.substring(open ? 1 : 0).split("\t", -1);
      rows.put(Integer.valueOf(fields[0]), new Row(fields[1], open));
    }
  }

  /** Notes a result; false if its check is not of this table. */
  private boolean take(String line) {
    String[] fields = line.split("\t", -1);
    Row row = rows.get(Integer.valueOf(fields[0]));
    if (row == null) {
      return false;
    }
    row.tests.add(fields[1]);
    Cell cell = row.cells.computeIfAbsent(fields[2], engine -> new Cell());
    switch (fields[3]) {
      case "ok" -> cell.ok++;
      case "skipped" -> cell.skipped.add(fields[4]);
      default -> cell.failed.add(fields[1] + ": " + fields[4]);
    }
    return true;
  }

  private String table() {
    StringBuilder text = new StringBuilder();
    text.append("# ")
        .append(title)
        .append("\n\n")
        .append("Made by `build/Checks.java` of what the tests noted in `mvn verify`; ")
        .append("`java build/Checks.java . --write` makes it anew.\n")
        .append("The column \"itself\" has tests that need no engine. ")
        .append("\"ok\" is a test that passed there, \"-\" none; numbers are reasons, below.\n\n")
        .append(
            "| | what must hold | itself | interp | jit | jit-kernel | linux | arm64 | tests |\n")
        .append("|---|---|---|---|---|---|---|---|---|\n");
    rows.forEach((number, row) -> text.append(line(number, row)));
    text.append(reasons.isEmpty() ? "" : "\nNot done there, because\n\n");
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
  private void compare(String committed, String made, String name) {
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
      problems.add("docs/" + name + ".md is not current: java build/Checks.java . --write");
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

  private boolean finish(String name) {
    long skips =
        rows.values().stream()
            .flatMap(row -> row.cells.values().stream())
            .mapToLong(cell -> cell.skipped.size())
            .sum();
    String counts = "%s: %d checks, skipped on an engine: %d, for %d reasons";
    System.out.println(counts.formatted(name, rows.size(), skips, reasons.size()));
    reasons.forEach(reason -> System.out.println("  skipped: " + reason));
    problems.forEach(System.err::println);
    return problems.isEmpty();
  }
}

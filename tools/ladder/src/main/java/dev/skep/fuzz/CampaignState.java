package dev.skep.fuzz;

import dev.skep.errors.MalformedException;
import dev.skep.ladder.Finding;
import dev.skep.ladder.Rung;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a campaign has done so far, as a text file of {@code name = value} lines.
 *
 * <pre>
 *   recipe = what the seeds stand for; a campaign goes on only with the same one
 *   seeds = 0-4095,8192-12287
 *   nanos = time spent, of all sessions
 *   rung JITED xdp = 4000 0 12 3      equal, different, unsupported, not compared
 *   type xdp = 1400 900 0 12          programs, accepted, different, unsupported
 *   missing VERDICT kfuncs = 12
 *   group REASON ... = 3              differences that look alike
 * </pre>
 */
public final class CampaignState {
  private final String recipe;
  private SeedRanges done = new SeedRanges();
  private final Counts counts = new Counts();
  private final Map<String, Long> groups = new TreeMap<>();
  private long nanos;

  public CampaignState(String recipe) {
    this.recipe = recipe;
  }

  public String recipe() {
    return recipe;
  }

  public SeedRanges done() {
    return done;
  }

  public Counts counts() {
    return counts;
  }

  /** Signatures of differences, and how many programs show each first. */
  public Map<String, Long> groups() {
    return groups;
  }

  /** Nanoseconds spent, of all sessions. */
  public long nanos() {
    return nanos;
  }

  /** Programs per second over all sessions. */
  public double rate() {
    return nanos == 0 ? 0 : done.count() * 1e9 / nanos;
  }

  void add(long from, long to, Counts more) {
    done.add(from, to);
    counts.add(more);
  }

  void addGroup(String signature) {
    groups.merge(signature, 1L, Long::sum);
  }

  void addNanos(long more) {
    nanos += more;
  }

  /** Replaces the file in one step: a reader, or the next session, sees the old or the new one. */
  public void save(Path file) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, text(), StandardCharsets.UTF_8);
    try {
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  String text() {
    StringBuilder out = new StringBuilder("# skep fuzz\n");
    line(out, "recipe", recipe);
    line(out, "seeds", done.text());
    line(out, "nanos", Long.toString(nanos));
    counts
        .types()
        .forEach((type, t) ->
            line(
                out,
                "type " + type,
                t.programs() + " " + t.accepted() + " " + t.different() + " " + t.unsupported()));
    counts.types().keySet().forEach(type -> rungs(out, type));
    counts.missing().forEach((what, n) -> line(out, "missing " + what, n.toString()));
    groups.forEach((what, n) -> line(out, "group " + what, n.toString()));
    return out.toString();
  }

  private void rungs(StringBuilder out, String type) {
    for (Rung rung : Rung.values()) {
      StringBuilder row = new StringBuilder();
      long sum = 0;
      for (Finding.Kind kind : Finding.Kind.values()) {
        row.append(row.isEmpty() ? "" : " ").append(counts.of(type, rung, kind));
        sum += counts.of(type, rung, kind);
      }
      if (sum != 0) {
        line(out, "rung " + rung + " " + type, row.toString());
      }
    }
  }

  private static void line(StringBuilder out, String name, String value) {
    String flat = name.replace("\\", "\\\\").replace("\n", "\\n");
    out.append(flat).append(" = ").append(value).append('\n');
  }

  /**
   * Reads a state file.
   *
   * @throws MalformedException with the line that is wrong
   */
  public static CampaignState load(Path file) throws IOException {
    try {
      return parse(Files.readString(file, StandardCharsets.UTF_8));
    } catch (MalformedException e) {
      throw new MalformedException(file + ": " + e.getMessage());
    }
  }

  static CampaignState parse(String text) {
    String[] lines = text.split("\n", -1);
    String recipe = null;
    for (String line : lines) {
      if (line.startsWith("recipe = ")) {
        recipe = line.substring("recipe = ".length());
      }
    }
    if (recipe == null) {
      throw new MalformedException("no state of skep fuzz");
    }
    CampaignState state = new CampaignState(recipe);
    for (int i = 0; i < lines.length; i++) {
      int equals = lines[i].lastIndexOf(" = ");
      if (equals < 0 || lines[i].startsWith("#") || lines[i].startsWith("recipe")) {
        continue;
      }
      String name = lines[i].substring(0, equals).replace("\\n", "\n").replace("\\\\", "\\");
      try {
        state.take(name, lines[i].substring(equals + 3));
      } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
        throw new MalformedException("line " + (i + 1) + ": \"" + lines[i] + "\"");
      }
    }
    return state;
  }

  private void take(String name, String value) {
    String[] parts = name.split(" ", 2);
    String[] numbers = value.split(" ", -1);
    switch (parts[0]) {
      case "seeds" -> done = SeedRanges.parse(value);
      case "nanos" -> nanos = Long.parseLong(value);
      case "rung" -> {
        String[] which = parts[1].split(" ", 2);
        for (Finding.Kind kind : Finding.Kind.values()) {
          long number = Long.parseLong(numbers[kind.ordinal()]);
          counts.add(which[1], Rung.valueOf(which[0]), kind, number);
        }
      }
      case "type" ->
          counts.add(
              parts[1],
              new Counts.OfType(
                  Long.parseLong(numbers[0]),
                  Long.parseLong(numbers[1]),
                  Long.parseLong(numbers[2]),
                  Long.parseLong(numbers[3])));
      case "missing" -> counts.addMissing(parts[1], Long.parseLong(value));
      case "group" -> groups.merge(parts[1], Long.parseLong(value), Long::sum);
      default -> throw new IllegalArgumentException(name);
    }
  }
}

package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.fuzz.CampaignState;
import dev.skep.fuzz.Counts;
import dev.skep.fuzz.Disagreement;
import dev.skep.ladder.Finding;
import dev.skep.ladder.Rung;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code skep fuzz} tells: progress, disagreements as they are found, the final tables. */
@SuppressWarnings("SystemConsoleNull") // the tool says so, the signature does not
final class FuzzOutput implements AutoCloseable {
  private static final Rung[] RUNGS = Rung.values();
  private static final int MISSING_SHOWN = 20;

  private final PrintWriter out;
  private final @Nullable PrintWriter lines;
  private final boolean json;
  private final long total;
  private final boolean terminal;
  private final long start = System.nanoTime();
  private long first = -1;
  private boolean dirty;

  /**
   * @param lines takes each disagreement as a line for {@code skep batch}, or null
   * @param total how many programs are wanted
   */
  FuzzOutput(PrintWriter out, @Nullable PrintWriter lines, boolean json, long total) {
    this.out = out;
    this.lines = lines;
    this.json = json;
    this.total = total;
    java.io.Console console = System.console();
    terminal = console != null && console.isTerminal();
  }

  synchronized void found(Disagreement found) {
    if (lines != null) {
      lines.println(found.batchLine());
      lines.flush();
    }
    if (json) {
      return;
    }
    clearProgress();
    String rung = found.finding().rung().key();
    out.println("seed " + found.seed() + ": " + rung + " differs");
    out.println("  linux: " + found.linux());
    out.println("  skep:  " + found.skep());
    if (lines == null) {
      out.println("  " + found.batchLine());
    }
    out.flush();
  }

  synchronized void progress(CampaignState state) {
    long done = state.done().count();
    first = first < 0 ? done : first;
    if (!terminal) {
      return;
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    String of = total > 1L << 60 ? "" : String.format(Locale.ROOT, " of %,d", total);
    System.err.printf(
        Locale.ROOT,
        "\r%,d%s programs, %,.0f/s, %,d different (%d kinds)\u001b[K",
        done,
        of,
        (done - first) / Math.max(seconds, 0.001),
        state.counts().different(),
        state.groups().size());
    System.err.flush();
    dirty = true;
  }

  synchronized void clearProgress() {
    if (dirty) {
      System.err.print("\r\u001b[K");
      System.err.flush();
      dirty = false;
    }
  }

  /** The final tables. */
  void end(CampaignState state, String complaint) throws IOException {
    if (json) {
      out.println(summary(state, complaint));
      return;
    }
    Counts counts = state.counts();
    TextTable rungs =
        new TextTable("", List.of("Rung", "Equal", "Different", "Unsupported", "Equal %"));
    for (Rung rung : RUNGS) {
      if (!counts.has(rung)) {
        continue;
      }
      rungs.row(
          List.of(
              rung.key(),
              number(counts.of(rung, Finding.Kind.EQUAL)),
              number(counts.of(rung, Finding.Kind.DIFFERENT)),
              number(counts.of(rung, Finding.Kind.UNSUPPORTED)),
              percent(counts.percent(rung))));
    }
    rungs.lines().forEach(out::println);
    out.println();
    types(counts).lines().forEach(out::println);
    out.println();
    state
        .groups()
        .forEach((signature, n) -> {
          out.println(
              number(n) + " different: " + signature.strip().replaceAll("\\s*\n\\s*", " | "));
        });
    missing(counts);
    out.printf(
        Locale.ROOT,
        "%,d programs, %,d different, %,.0f programs per second%n",
        counts.programs(),
        counts.different(),
        state.rate());
    if (!complaint.isEmpty()) {
      out.println("stopped: " + complaint);
    }
    out.flush();
  }

  /** A line for each program type: how many, and of each rung the share that is equal. */
  private static TextTable types(Counts counts) {
    List<Rung> shown = Arrays.stream(RUNGS).filter(counts::has).toList();
    List<String> head =
        new ArrayList<>(
            List.of("Program type", "Programs", "Accepted", "Different", "Unsupported"));
    shown.forEach(rung -> head.add(rung.key() + " %"));
    TextTable table = new TextTable("", head);
    counts
        .types()
        .forEach((type, t) -> {
          List<String> row =
              new ArrayList<>(
                  List.of(
                      type,
                      number(t.programs()),
                      number(t.accepted()),
                      number(t.different()),
                      number(t.unsupported())));
          shown.forEach(rung -> row.add(percent(counts.percent(type, rung))));
          table.row(row);
        });
    return table;
  }

  /** Never 100 where something differs. */
  private static String percent(double share) {
    return Double.isNaN(share)
        ? "-"
        : String.format(Locale.ROOT, "%.3f", Math.floor(share * 1000) / 1000);
  }

  private void missing(Counts counts) {
    counts.missing().entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .limit(MISSING_SHOWN)
        .forEach(
            entry -> out.println(number(entry.getValue()) + " unsupported: " + entry.getKey()));
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String summary(CampaignState state, String complaint) throws IOException {
    Counts counts = state.counts();
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
      json.writeStartObject();
      json.writeNumberField("programs", counts.programs());
      json.writeNumberField("different", counts.different());
      json.writeStringField("seeds", state.done().text());
      json.writeNumberField("programs_per_second", Math.round(state.rate()));
      json.writeObjectFieldStart("rungs");
      for (Rung rung : RUNGS) {
        if (!counts.has(rung)) {
          continue;
        }
        json.writeObjectFieldStart(rung.key());
        for (Finding.Kind kind : Finding.Kind.values()) {
          json.writeNumberField(kind.name().toLowerCase(Locale.ROOT), counts.of(rung, kind));
        }
        writePercent(json, counts.percent(rung));
        json.writeEndObject();
      }
      json.writeEndObject();
      json.writeObjectFieldStart("types");
      for (Map.Entry<String, Counts.OfType> type : counts.types().entrySet()) {
        json.writeObjectFieldStart(type.getKey());
        json.writeNumberField("programs", type.getValue().programs());
        json.writeNumberField("accepted", type.getValue().accepted());
        json.writeNumberField("different", type.getValue().different());
        json.writeNumberField("unsupported", type.getValue().unsupported());
        writeRungs(json, counts, type.getKey());
        json.writeEndObject();
      }
      json.writeEndObject();
      writeCounts(json, "differences", state.groups());
      writeCounts(json, "missing", counts.missing());
      if (!complaint.isEmpty()) {
        json.writeStringField("stopped", complaint);
      }
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void writeRungs(JsonGenerator json, Counts counts, String type)
      throws IOException {
    json.writeObjectFieldStart("rungs");
    for (Rung rung : RUNGS) {
      if (!counts.has(rung)) {
        continue;
      }
      json.writeObjectFieldStart(rung.key());
      for (Finding.Kind kind : Finding.Kind.values()) {
        json.writeNumberField(kind.name().toLowerCase(Locale.ROOT), counts.of(type, rung, kind));
      }
      writePercent(json, counts.percent(type, rung));
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void writePercent(JsonGenerator json, double share) throws IOException {
    if (!Double.isNaN(share)) {
      json.writeNumberField("equal_percent", share);
    }
  }

  private static void writeCounts(JsonGenerator json, String name, Map<String, Long> counts)
      throws IOException {
    json.writeObjectFieldStart(name);
    for (Map.Entry<String, Long> entry : counts.entrySet()) {
      json.writeNumberField(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
  }

  @Override
  public void close() {
    if (lines != null) {
      lines.close();
    }
    out.flush();
  }
}

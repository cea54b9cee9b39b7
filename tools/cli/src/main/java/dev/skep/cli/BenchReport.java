package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What {@code skep bench} found.
 *
 * @param input in words, as in "64 bytes of data"
 * @param rounds that were measured
 * @param runs of the program in all rounds
 * @param nanos per run
 * @param compileNanos the shortest time from the rewritten program to its code; 0 where it is not
 *     known
 * @param codeBytes machine code of the program; 0 without any
 * @param linux null where the kernel did not run it
 */
record BenchReport(
    String object,
    String program,
    ProgramType type,
    String engine,
    String input,
    int rounds,
    long runs,
    Rounds.Result nanos,
    Rounds.@Nullable Result linux,
    long compileNanos,
    int codeBytes) {

  /** Writes {@code "name":{"min":..,"median":..}}. */
  static void writeNanos(JsonGenerator json, String name, Rounds.Result nanos) throws IOException {
    json.writeObjectFieldStart(name);
    json.writeNumberField("min", rounded(nanos.min()));
    json.writeNumberField("median", rounded(nanos.median()));
    json.writeEndObject();
  }

  /** To a picosecond: the rest is noise. */
  private static double rounded(double nanos) {
    return Math.round(nanos * 1000) / 1000.0;
  }

  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("object", object);
    json.writeStringField("program", program);
    json.writeStringField("prog_type", type.text());
    json.writeStringField("engine", engine);
    json.writeNumberField("runs", runs);
    writeNanos(json, "ns_per_run", nanos);
    if (linux != null) {
      writeNanos(json, "linux_ns_per_run", linux);
    }
    if (compileNanos > 0) {
      json.writeNumberField("compile_us", rounded(compileNanos / 1000.0));
    }
    if (codeBytes > 0) {
      json.writeNumberField("code_bytes", codeBytes);
    }
    json.writeEndObject();
  }

  void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s: %s (%s), %s, %d rounds of %,d runs%n%n",
        object,
        program,
        type.text(),
        input,
        rounds,
        runs / rounds);
    TextTable table = new TextTable("  ", List.of("engine", "ns/run (min)", "ns/run (median)"));
    table.row(List.of(engine, number(nanos.min()), number(nanos.median())));
    if (linux != null) {
      table.row(List.of("linux", number(linux.min()), number(linux.median())));
      table.row(
          List.of(
              engine + "/linux",
              number(nanos.min() / linux.min()),
              number(nanos.median() / linux.median())));
    }
    table.lines().forEach(out::println);
    if (compileNanos > 0) {
      out.printf(Locale.ROOT, "%ncompiled in %.1f us, ", compileNanos / 1000.0);
    }
    if (codeBytes > 0) {
      out.printf(Locale.ROOT, "%s%,d bytes of code%n", compileNanos > 0 ? "" : "\n", codeBytes);
    }
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 0.1 ? "%.4f" : "%,.2f", value);
  }
}

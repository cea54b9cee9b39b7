package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.cli.json.Json;
import dev.skep.ladder.Comparison;
import dev.skep.ladder.Finding;
import dev.skep.ladder.Rung;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The formats of {@code skep ladder}. */
sealed interface LadderOutput {
  void row(Comparison row) throws IOException;

  void end();

  /** The format of that name. */
  static LadderOutput of(String format, boolean pretty, PrintWriter out) {
    return switch (format) {
      case "json" -> new Lines(out, pretty);
      case "csv" -> new Csv(out);
      case "table" -> new Table(out, new ArrayList<>());
      default -> throw new UsageException("-o: unknown format \"" + format + "\"");
    };
  }

  private static String result(Finding finding) {
    return switch (finding.kind()) {
      case EQUAL -> "equal";
      case DIFFERENT -> "different";
      case UNSUPPORTED -> "unsupported";
      case NOT_COMPARED -> "not_compared";
    };
  }

  /** Prints a difference whole, what is missing, and why a first rung was not climbed. */
  static void describe(PrintWriter out, String program, Finding finding) {
    String where = program + ": " + finding.rung().key();
    if (finding.isDifferent()) {
      out.print("\n" + where + " differs, " + finding.detail());
    } else if (finding.kind() == Finding.Kind.UNSUPPORTED) {
      out.println("\n" + where + ": missing in skep: " + finding.detail());
    } else if (finding.kind() == Finding.Kind.NOT_COMPARED
        && (finding.rung() == Rung.VERDICT || finding.rung() == Rung.INTERP)
        && !finding.detail().startsWith("see ")) {
      out.println("\n" + where + ": not compared: " + finding.detail());
    }
  }

  /** One JSON object per program; see docs/json.md. */
  record Lines(PrintWriter out, boolean pretty) implements LadderOutput {
    @Override
    public void row(Comparison row) throws IOException {
      StringWriter text = new StringWriter();
      try (JsonGenerator json = Json.FACTORY.createGenerator(text)) {
        if (pretty) {
          json.useDefaultPrettyPrinter();
        }
        json.writeStartObject();
        json.writeStringField("object", row.object());
        json.writeStringField("program", row.program());
        json.writeStringField("section", row.section());
        json.writeStringField("prog_type", row.type());
        json.writeStringField("linux_verdict", row.linux());
        json.writeBooleanField("different", row.isDifferent());
        json.writeArrayFieldStart("rungs");
        for (Finding finding : row.findings()) {
          write(json, finding);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      out.println(text);
      out.flush();
    }

    static void write(JsonGenerator json, Finding finding) throws IOException {
      json.writeStartObject();
      json.writeStringField("rung", finding.rung().key());
      json.writeStringField("level", finding.rung().level());
      json.writeStringField("result", result(finding));
      if (!finding.detail().isEmpty()) {
        json.writeStringField("detail", finding.detail());
      }
      json.writeEndObject();
    }

    @Override
    public void end() {}
  }

  /** One line per program, a column per rung. */
  record Csv(PrintWriter out) implements LadderOutput {
    public Csv {
      List<String> heads = new ArrayList<>(List.of("object", "program", "prog_type"));
      Arrays.stream(Rung.values()).map(Rung::key).forEach(heads::add);
      out.println(String.join(",", heads));
    }

    @Override
    public void row(Comparison row) {
      List<String> cells = new ArrayList<>(List.of(row.object(), row.program(), row.type()));
      for (Rung rung : Rung.values()) {
        Finding finding = row.at(rung);
        cells.add(finding == null ? "" : result(finding));
      }
      out.println(String.join(",", cells.stream().map(TextTable::csv).toList()));
    }

    @Override
    public void end() {}
  }

  /** For people: a table, then what differs, then how many of each. */
  record Table(PrintWriter out, List<Comparison> rows) implements LadderOutput {
    @Override
    public void row(Comparison row) {
      rows.add(row);
    }

    @Override
    public void end() {
      List<String> heads = new ArrayList<>(List.of("File", "Program", "Type", "Linux"));
      Arrays.stream(Rung.values()).map(r -> r.level() + " " + r.key()).forEach(heads::add);
      TextTable table = new TextTable("", heads);
      for (Comparison row : rows) {
        String file = String.valueOf(java.nio.file.Path.of(row.object()).getFileName());
        List<String> cells = new ArrayList<>(List.of(file, row.program(), row.type(), row.linux()));
        for (Rung rung : Rung.values()) {
          Finding finding = row.at(rung);
          cells.add(finding == null ? "" : cell(finding));
        }
        table.row(cells);
      }
      table.lines().forEach(out::println);
      rows.forEach(this::details);
      summary();
    }

    private static String cell(Finding finding) {
      return switch (finding.kind()) {
        case EQUAL -> "equal";
        case DIFFERENT -> "DIFFERENT";
        case UNSUPPORTED -> "missing";
        case NOT_COMPARED -> "-";
      };
    }

    private void details(Comparison row) {
      for (Finding finding : row.findings()) {
        describe(out, row.object() + ":" + row.program(), finding);
      }
    }

    private void summary() {
      TextTable table =
          new TextTable("", List.of("Rung", "equal", "different", "missing", "not compared"));
      for (Rung rung : Rung.values()) {
        List<String> cells = new ArrayList<>(List.of(rung.level() + " " + rung.key()));
        for (Finding.Kind kind : Finding.Kind.values()) {
          long count =
              rows.stream()
                  .map(row -> row.at(rung))
                  .filter(finding -> finding != null && finding.kind() == kind)
                  .count();
          cells.add(Long.toString(count));
        }
        table.row(cells);
      }
      out.println();
      table.lines().forEach(out::println);
      long different = rows.stream().filter(Comparison::isDifferent).count();
      out.println("\n" + rows.size() + " programs, " + different + " different");
    }
  }
}

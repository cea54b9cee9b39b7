package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.explain.Explanation;
import dev.skep.explain.Explanation.Instruction;
import dev.skep.explain.SourceLine;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An explanation as the object "explanation" of docs/json.md. */
final class ExplanationJson {
  private final JsonGenerator json;

  private ExplanationJson(JsonGenerator json) {
    this.json = json;
  }

  /** Writes the field into an open object. */
  static void writeField(JsonGenerator json, Explanation explanation) throws IOException {
    json.writeObjectFieldStart("explanation");
    new ExplanationJson(json).fields(explanation);
    json.writeEndObject();
  }

  private void fields(Explanation e) throws IOException {
    json.writeStringField("kind", e.kind().id());
    json.writeStringField("summary", e.summary());
    json.writeArrayFieldStart("kernel");
    for (String line : e.lines()) {
      json.writeString(line);
    }
    json.writeEndArray();
    Instruction at = e.instruction();
    if (at != null) {
      json.writeObjectFieldStart("instruction");
      json.writeNumberField("insn", at.insn());
      json.writeStringField("text", at.text());
      json.writeEndObject();
      source(at);
    }
    json.writeArrayFieldStart("call_chain");
    for (Instruction call : e.calls()) {
      json.writeStartObject();
      instruction(call);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("values");
    for (Explanation.Value value : e.values()) {
      json.writeStartObject();
      json.writeStringField("place", value.place());
      json.writeStringField("state", value.state());
      json.writeStringField("meaning", value.meaning());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("path");
    for (Explanation.Step step : e.path()) {
      step(step);
    }
    json.writeEndArray();
    json.writeStringField("demand", e.demand());
    json.writeStringField("known", e.known());
    json.writeArrayFieldStart("notes");
    for (String note : e.notes()) {
      json.writeString(note);
    }
    json.writeEndArray();
    hot(e);
    json.writeObjectFieldStart("hint");
    json.writeStringField("text", e.hint().text());
    json.writeStringField("example", e.hint().example());
    json.writeEndObject();
  }

  private void instruction(Instruction at) throws IOException {
    json.writeNumberField("insn", at.insn());
    json.writeStringField("text", at.text());
    source(at);
  }

  private void source(Instruction at) throws IOException {
    SourceLine line = at.source();
    if (!at.function().isEmpty()) {
      json.writeStringField("function", at.function());
    }
    writeSource(line);
  }

  private void writeSource(@Nullable SourceLine line) throws IOException {
    if (line != null) {
      json.writeObjectFieldStart("source");
      json.writeStringField("file", line.file());
      json.writeNumberField("line", line.line());
      json.writeNumberField("column", line.column());
      json.writeStringField("text", line.text());
      json.writeEndObject();
    }
  }

  private void step(Explanation.Step step) throws IOException {
    json.writeStartObject();
    instruction(step.instruction());
    json.writeStringField("role", step.role().id());
    json.writeNumberField("times", step.times());
    json.writeArrayFieldStart("effects");
    for (Explanation.Effect effect : step.effects()) {
      json.writeStartObject();
      json.writeStringField("place", effect.place());
      json.writeStringField("before", effect.before());
      json.writeStringField("after", effect.after());
      json.writeStringField("meaning", effect.meaning());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void hot(Explanation e) throws IOException {
    if (e.hot().isEmpty()) {
      return;
    }
    json.writeArrayFieldStart("hot_lines");
    for (Explanation.HotLine line : e.hot()) {
      json.writeStartObject();
      instruction(line.first());
      json.writeNumberField("visits", line.visits());
      json.writeNumberField("states", line.states());
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}

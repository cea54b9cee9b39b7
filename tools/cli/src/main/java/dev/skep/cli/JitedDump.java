package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.btf.Btf;
import dev.skep.btf.FunctionSignature;
import dev.skep.jit.JitedListing;
import dev.skep.jit.MachineCode;
import dev.skep.program.LineInfo;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.XlatedText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code prog dump jited}: machine code function by function, in the manner of bpftool; what an
 * instruction refers to follows it as a comment.
 */
final class JitedDump {
  private static final int COMMENT_COLUMN = 40;

  private final RunnableProgram runnable;
  private final MachineCode code;
  private final byte[] bytes;
  private final CodeTarget target;
  private final CodeNotes notes;
  private final boolean opcodes;
  private final boolean linum;
  private final Map<Integer, List<LineInfo>> sources = new HashMap<>();

  /**
   * @param runnable what {@code target} made of the program
   * @param code its code, as compiled or as it is where it lives
   */
  JitedDump(
      RunnableProgram runnable,
      MachineCode code,
      CodeTarget target,
      CodeNotes.Slots slots,
      boolean opcodes,
      boolean linum) {
    this.runnable = runnable;
    this.code = code;
    bytes = code.bytes();
    this.target = target;
    notes = new CodeNotes(runnable, code, target.userLayout(), slots);
    this.opcodes = opcodes;
    this.linum = linum;
    for (LineInfo line : runnable.lineInfo()) {
      sources.computeIfAbsent(code.insnOffset(line.insn()), offset -> new ArrayList<>()).add(line);
    }
  }

  /** The dump of code that runs nowhere. */
  static JitedDump of(RunnableProgram runnable, CodeTarget target, boolean opcodes, boolean linum) {
    return new JitedDump(
        runnable, target.compile(runnable), target, CodeNotes.Slots.EMPTY, opcodes, linum);
  }

  String text() {
    StringBuilder out = new StringBuilder();
    for (int function = 0; function < code.functions(); function++) {
      out.append(function == 0 ? "" : "\n");
      String signature = signature(function);
      if (!signature.isEmpty()) {
        out.append(signature).append(":\n");
      }
      out.append(CodeNotes.function(runnable, function)).append(":\n");
      for (JitedListing.Line line : lines(function)) {
        append(out, line, code.functionOffset(function));
      }
    }
    return out.toString();
  }

  private void append(StringBuilder out, JitedListing.Line line, int start) {
    Btf btf = runnable.program().btf();
    if (btf != null) {
      for (LineInfo source : sources.getOrDefault(line.at(), List.of())) {
        out.append(XlatedText.source(btf, source, linum));
      }
    }
    String offset = Integer.toHexString(line.at() - start);
    out.repeat(' ', Math.max(0, 4 - offset.length())).append(offset).append(":\t");
    out.append(line.text());
    String note = notes.of(line);
    if (!note.isEmpty()) {
      out.repeat(' ', Math.max(2, COMMENT_COLUMN - line.text().length()));
      out.append(target.commentMark()).append(' ').append(note);
    }
    if (opcodes) {
      out.append("\n\t").append(hex(line));
    }
    out.append('\n');
  }

  private String hex(JitedListing.Line line) {
    StringBuilder hex = new StringBuilder();
    for (int i = line.at(); i < line.end(); i++) {
      hex.append(hex.isEmpty() ? "" : " ").append(XlatedDump.hex(bytes[i]), 2, 4);
    }
    return hex.toString();
  }

  /** A list with an object per function. */
  void write(JsonGenerator json) throws IOException {
    json.writeStartArray();
    for (int function = 0; function < code.functions(); function++) {
      json.writeStartObject();
      String signature = signature(function);
      if (!signature.isEmpty()) {
        json.writeStringField("proto", signature);
      }
      json.writeStringField("name", CodeNotes.function(runnable, function));
      json.writeArrayFieldStart("insns");
      for (JitedListing.Line line : lines(function)) {
        write(json, line, code.functionOffset(function));
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void write(JsonGenerator json, JitedListing.Line line, int start) throws IOException {
    json.writeStartObject();
    Btf btf = runnable.program().btf();
    List<LineInfo> begun = sources.getOrDefault(line.at(), List.of());
    if (btf != null && !begun.isEmpty()) {
      SourceJson.write(json, btf, begun.getLast(), linum);
    }
    json.writeStringField("pc", "0x" + Integer.toHexString(line.at() - start));
    writeText(json, line.text());
    String note = notes.of(line);
    if (!note.isEmpty()) {
      json.writeStringField("comment", note);
    }
    DirectSite site = notes.site(line);
    if (site != null) {
      write(json, site);
    }
    if (opcodes) {
      json.writeArrayFieldStart("opcodes");
      for (int i = line.at(); i < line.end(); i++) {
        json.writeString(XlatedDump.hex(bytes[i]));
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, DirectSite site) throws IOException {
    json.writeObjectFieldStart("tail_call");
    json.writeStringField("part", site.part());
    json.writeStringField("map", site.map());
    json.writeNumberField("key", Integer.toUnsignedLong(site.key()));
    json.writeStringField("state", site.filled() ? "filled" : "empty");
    if (site.filled() && site.program() != null) {
      json.writeStringField("program", site.program());
    }
    json.writeEndObject();
  }

  /** The operation and its operands, which are [null] where there are none. */
  private static void writeText(JsonGenerator json, String text) throws IOException {
    int space = text.indexOf(' ');
    json.writeStringField("operation", space < 0 ? text : text.substring(0, space));
    json.writeArrayFieldStart("operands");
    List<String> operands = space < 0 ? List.of() : operands(text.substring(space).strip());
    if (operands.isEmpty()) {
      json.writeNull();
    }
    for (String operand : operands) {
      json.writeString(operand);
    }
    json.writeEndArray();
  }

  /** Splits at commas outside of brackets. */
  private static List<String> operands(String text) {
    List<String> operands = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? ',' : text.charAt(i);
      depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
      if (c == ',' && depth == 0) {
        operands.add(text.substring(from, i).strip());
        from = i + 1;
      }
    }
    return operands;
  }

  private List<JitedListing.Line> lines(int function) {
    return JitedListing.lines(code, bytes, function, target.disassembler());
  }

  private String signature(int function) {
    Btf btf = runnable.program().btf();
    return btf == null || function >= runnable.funcInfo().size()
        ? ""
        : FunctionSignature.of(btf, runnable.funcInfo().get(function).typeId());
  }
}

package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.btf.Btf;
import dev.skep.isa.InsnWord;
import dev.skep.rewrite.DumpNumbers;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.XlatedText;
import java.io.IOException;

/** {@code prog dump xlated}: rewritten instructions, as bpftool shows them. */
final class XlatedDump {
  private final RunnableProgram runnable;
  private final boolean opcodes;
  private final boolean linum;

  XlatedDump(RunnableProgram runnable, boolean opcodes, boolean linum) {
    this.runnable = runnable;
    this.opcodes = opcodes;
    this.linum = linum;
  }

  String text() {
    return XlatedText.of(runnable, DumpNumbers.PLAIN, opcodes, linum);
  }

  /** A list with an object per instruction. */
  void write(JsonGenerator json) throws IOException {
    json.writeStartArray();
    Btf btf = runnable.program().btf();
    for (XlatedText.Line line : XlatedText.lines(runnable, DumpNumbers.PLAIN)) {
      json.writeStartObject();
      if (!line.signature().isEmpty()) {
        json.writeStringField("proto", line.signature());
      }
      if (btf != null && line.source() != null) {
        SourceJson.write(json, btf, line.source(), linum);
      }
      json.writeStringField("disasm", line.text());
      if (opcodes) {
        writeOpcodes(json, line);
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** The fields of the instruction; of ld_imm64 the imm is followed by the whole second slot. */
  private static void writeOpcodes(JsonGenerator json, XlatedText.Line line) throws IOException {
    long word = line.words().getFirst();
    json.writeObjectFieldStart("opcodes");
    json.writeStringField("code", hex(InsnWord.code(word)));
    json.writeStringField("src_reg", "0x" + Integer.toHexString(InsnWord.src(word)));
    json.writeStringField("dst_reg", "0x" + Integer.toHexString(InsnWord.dst(word)));
    json.writeArrayFieldStart("off");
    writeBytes(json, word, 2, 4);
    json.writeEndArray();
    json.writeArrayFieldStart("imm");
    writeBytes(json, word, 4, 8);
    if (line.words().size() > 1) {
      writeBytes(json, line.words().getLast(), 0, 8);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeBytes(JsonGenerator json, long word, int from, int to)
      throws IOException {
    for (int i = from; i < to; i++) {
      json.writeString(hex((int) (word >>> 8 * i) & 0xff));
    }
  }

  static String hex(int value) {
    return "0x" + Integer.toHexString(value & 0xff | 0x100).substring(1);
  }
}

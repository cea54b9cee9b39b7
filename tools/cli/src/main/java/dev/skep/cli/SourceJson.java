package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.btf.Btf;
import dev.skep.program.LineInfo;
import java.io.IOException;

/** Source lines in dumps, with the fields that bpftool gives them. */
final class SourceJson {
  private SourceJson() {}

  static void write(JsonGenerator json, Btf btf, LineInfo line, boolean linum) throws IOException {
    json.writeStringField("src", string(btf, line.lineOff()).stripLeading());
    if (linum) {
      json.writeStringField("file", string(btf, line.fileNameOff()));
      json.writeNumberField("line_num", line.line());
      json.writeNumberField("line_col", line.column());
    }
  }

  private static String string(Btf btf, int offset) {
    return offset >= 0 && offset < btf.stringEnd() ? btf.string(offset) : "";
  }
}

package dev.skep.explain;

import dev.skep.btf.Btf;
import dev.skep.explain.Explanation.Instruction;
import dev.skep.program.FuncInfo;
import dev.skep.program.Program;
import dev.skep.verify.Recording;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Instructions of a recorded program with their C lines and functions. */
final class Instructions {
  private final Recording recording;
  private final SourceLines lines;

  Instructions(Recording recording) {
    this.recording = recording;
    lines = new SourceLines(recording.program());
  }

  /** Null for an index that the program does not have. */
  @Nullable Instruction at(int insn) {
    if (insn < 0 || insn >= recording.program().insns().length) {
      return null;
    }
    return new Instruction(insn, recording.text(insn), line(insn), function(insn));
  }

  @Nullable SourceLine line(int insn) {
    return lines.at(insn);
  }

  /** The text of the C line, without blanks around it; "" where there is none. */
  String code(int insn) {
    SourceLine line = lines.at(insn);
    return line == null ? "" : line.text().strip();
  }

  private String function(int insn) {
    Program program = recording.program();
    Btf btf = program.btf();
    List<FuncInfo> functions = program.funcInfo();
    for (int i = functions.size() - 1; btf != null && i >= 0; i--) {
      if (functions.get(i).insn() <= insn) {
        int id = functions.get(i).typeId();
        return btf.hasType(id) ? btf.name(id) : "";
      }
    }
    return "";
  }
}

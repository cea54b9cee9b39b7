package dev.skep.explain;

import dev.skep.btf.Btf;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the C line of an instruction. */
final class SourceLines {
  /** Blanks at the end, and the backslash of a line that is continued. */
  private static final Pattern CONTINUED = Pattern.compile("[\\s\\\\]+$");

  private final List<LineInfo> lines;
  private final @Nullable Btf btf;

  SourceLines(Program program) {
    lines = program.lineInfo();
    btf = program.btf();
  }

  /** The line of the last record at or before an instruction, null where there is none. */
  @Nullable SourceLine at(int insn) {
    Btf strings = btf;
    int low = 0;
    int high = lines.size() - 1;
    if (strings == null || insn < 0 || high < 0 || lines.getFirst().insn() > insn) {
      return null;
    }
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      if (lines.get(middle).insn() <= insn) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    LineInfo line = lines.get(low);
    return new SourceLine(
        strings.string(line.fileNameOff()),
        line.line(),
        line.column(),
        CONTINUED.matcher(strings.string(line.lineOff())).replaceFirst(""));
  }
}

package dev.skep.ladder;

import dev.skep.errors.MalformedException;
import dev.skep.jit.MachineCode;
import dev.skep.jit.x64.X64Disassembler;
import dev.skep.linux.ProgramInfo;
import dev.skep.rewrite.RunnableProgram;
import java.util.HexFormat;

/**
 * Machine code as lines of assembly with their bytes, addresses masked: what people compare where
 * {@link MachineForm} found a difference.
 */
final class MachineText {
  /** Bytes per line where the disassembler knows no instruction. */
  private static final int UNKNOWN_BYTES = 8;

  private MachineText() {}

  static String ofSkep(MachineCode code, RunnableProgram program) {
    return text(MachineForm.maskedSkep(code), MachineForm.lengths(code, program));
  }

  static String ofKernel(ProgramInfo info, MachineCode mask) {
    return text(MachineForm.maskedKernel(info, mask), info.functionLengths());
  }

  private static String text(byte[] bytes, int[] lengths) {
    StringBuilder out = new StringBuilder();
    int start = 0;
    for (int function = 0; function < lengths.length; function++) {
      int end = Math.min(bytes.length, start + lengths[function]);
      for (int at = start; at < end; ) {
        at = line(out, bytes, function, start, at, end);
      }
      start += lengths[function];
    }
    return out.toString();
  }

  private static int line(
      StringBuilder out, byte[] bytes, int function, int start, int at, int end) {
    StringBuilder text = new StringBuilder();
    int next;
    try {
      next = X64Disassembler.append(text, bytes, at, at - start);
    } catch (MalformedException | IndexOutOfBoundsException unknown) {
      text.setLength(0);
      text.append("(unknown)");
      next = at + UNKNOWN_BYTES;
    }
    next = Math.min(next, end);
    String hex = HexFormat.ofDelimiter(" ").formatHex(bytes, at, next);
    out.append("%d+%04x: %-30s %s\n".formatted(function, at - start, hex, text));
    return next;
  }
}

package dev.skep.jit.x64;

import dev.skep.jit.MachineCode;

/** Machine code as text, in the manner of {@code bpftool prog dump jited}. */
public final class JitedListing {
  /** Lines that go before an instruction, such as its source. */
  @FunctionalInterface
  public interface Notes {
    /**
     * Appends whole lines, or nothing.
     *
     * @param offset of the machine instruction from the start of the code, all functions together
     */
    void append(StringBuilder out, int offset);
  }

  private JitedListing() {}

  /**
   * Appends one function; offsets count from its start.
   *
   * @param opcodes whether the bytes follow each instruction on a line of their own
   */
  public static void append(
      StringBuilder out, MachineCode code, int function, boolean opcodes, Notes notes) {
    byte[] bytes = code.bytes();
    int start = code.functionOffset(function);
    int end = start + code.functionLength(function);
    int at = start;
    while (at < end) {
      notes.append(out, at);
      String offset = Integer.toHexString(at - start);
      out.append(" ".repeat(Math.max(0, 4 - offset.length()))).append(offset).append(":\t");
      int next = X64Disassembler.append(out, bytes, at, at - start);
      if (opcodes) {
        out.append("\n\t");
        for (int i = at; i < next; i++) {
          out.append(i == at ? "" : " ");
          out.append(Character.forDigit(bytes[i] >> 4 & 15, 16));
          out.append(Character.forDigit(bytes[i] & 15, 16));
        }
      }
      out.append('\n');
      at = next;
    }
  }
}

package dev.skep.jit;

import java.util.ArrayList;
import java.util.List;

/** Machine code instruction by instruction, for dumps. */
public final class JitedListing {
  /** Text of one architecture's instructions. */
  @FunctionalInterface
  public interface Disassembler {
    /**
     * Appends one instruction.
     *
     * @param at offset of its first byte
     * @param address of that byte, which targets of jumps are printed relative to
     * @return the offset of the next instruction
     * @throws dev.skep.errors.MalformedException if there is none
     */
    int append(StringBuilder out, byte[] code, int at, long address);
  }

  /**
   * One instruction.
   *
   * @param at offset of its first byte, from the start of the code of all functions
   * @param end offset of the next
   */
  public record Line(int at, int end, String text) {}

  private JitedListing() {}

  /**
   * The instructions of one function; targets of jumps count from its start.
   *
   * @param bytes those of {@code code}, or what they are where it lives
   */
  public static List<Line> lines(
      MachineCode code, byte[] bytes, int function, Disassembler disassembler) {
    List<Line> lines = new ArrayList<>();
    int start = code.functionOffset(function);
    int end = start + code.functionLength(function);
    for (int at = start; at < end; ) {
      StringBuilder text = new StringBuilder();
      int next = disassembler.append(text, bytes, at, at - start);
      lines.add(new Line(at, next, text.toString()));
      at = next;
    }
    return lines;
  }
}

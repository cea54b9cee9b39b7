package dev.skep.program;

/**
 * A source position (struct bpf_line_info).
 *
 * @param insn index of the first instruction that it covers
 * @param fileNameOff offset of the file name in the BTF string section
 * @param lineOff offset of the line's text in the BTF string section
 * @param lineCol line number in the upper 22 bits, column in the lower 10
 */
public record LineInfo(int insn, int fileNameOff, int lineOff, int lineCol) {
  public int line() {
    return lineCol >>> 10;
  }

  public int column() {
    return lineCol & 0x3ff;
  }
}

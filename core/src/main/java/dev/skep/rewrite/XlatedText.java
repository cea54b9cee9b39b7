package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.btf.Btf;
import dev.skep.btf.FunctionSignature;
import dev.skep.isa.CallNames;
import dev.skep.isa.Disassembler;
import dev.skep.isa.InsnWord;
import dev.skep.program.FuncInfo;
import dev.skep.program.Helpers;
import dev.skep.program.LineInfo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The text of {@code bpftool prog dump xlated}.
 *
 * <pre>
 *   int count(struct xdp_md * ctx):
 *   ; __u32 key = 0;
 *      0: (b7) r1 = 0
 *      1: (63) *(u32 *)(r10 -4) = r1
 * </pre>
 */
public final class XlatedText {
  /**
   * One instruction.
   *
   * @param index of its first slot
   * @param signature of the function that begins here, or empty
   * @param source the line that begins here, or null
   * @param text as in {@code (b7) r1 = 0}
   * @param words one, or the two of ld_imm64
   */
  public record Line(
      int index, String signature, @Nullable LineInfo source, String text, List<Long> words) {}

  private final RunnableProgram program;
  private final long[] insns;
  private int nextFunction;
  private int nextLine;

  private XlatedText(RunnableProgram program, DumpNumbers numbers) {
    this.program = program.dumped();
    insns = Xlated.insns(program, numbers);
  }

  /**
   * The dump, one instruction per line.
   *
   * @param opcodes whether the bytes of each instruction follow it
   * @param linum whether source lines say file, line and column
   */
  public static String of(
      RunnableProgram program, DumpNumbers numbers, boolean opcodes, boolean linum) {
    StringBuilder out = new StringBuilder();
    Btf btf = program.program().btf();
    for (Line line : lines(program, numbers)) {
      if (!line.signature.isEmpty()) {
        out.append(line.signature).append(":\n");
      }
      if (line.source != null && btf != null) {
        out.append(source(btf, line.source, linum));
      }
      String number = Integer.toString(line.index);
      out.repeat(' ', Math.max(0, 4 - number.length())).append(number).append(": ");
      out.append(line.text).append('\n');
      if (opcodes) {
        out.append("      ");
        line.words.forEach(word -> bytes(out, word));
        out.append('\n');
      }
    }
    return out.toString();
  }

  /** The instructions one by one, for other forms of the dump. */
  public static List<Line> lines(RunnableProgram program, DumpNumbers numbers) {
    return new XlatedText(program, numbers).lines();
  }

  private List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < insns.length; i++) {
      boolean pair = InsnWord.code(insns[i]) == LD_IMM64 && i + 1 < insns.length;
      StringBuilder text = new StringBuilder();
      Disassembler.append(text, insns[i], pair ? insns[i + 1] : 0, new Names(i));
      List<Long> words = pair ? List.of(insns[i], insns[i + 1]) : List.of(insns[i]);
      lines.add(new Line(i, signature(i), sourceLine(i), text.toString(), words));
      i += pair ? 1 : 0;
    }
    return lines;
  }

  private static void bytes(StringBuilder out, long word) {
    for (int b = 0; b < 8; b++) {
      String hex = Integer.toHexString((int) (word >>> 8 * b) & 0xff | 0x100);
      out.append(' ').append(hex, 1, 3);
    }
  }

  private String signature(int insn) {
    List<FuncInfo> infos = program.funcInfo();
    Btf btf = program.program().btf();
    if (nextFunction == infos.size() || infos.get(nextFunction).insn() != insn) {
      return "";
    }
    int type = infos.get(nextFunction++).typeId();
    return btf == null ? "" : FunctionSignature.of(btf, type);
  }

  private @Nullable LineInfo sourceLine(int insn) {
    List<LineInfo> lines = program.lineInfo();
    if (nextLine == lines.size() || lines.get(nextLine).insn() > insn) {
      return null;
    }
    while (nextLine + 1 < lines.size() && lines.get(nextLine + 1).insn() <= insn) {
      nextLine++;
    }
    return lines.get(nextLine++);
  }

  /** A source line as dumps show it, with its line feed; empty where the BTF has no text for it. */
  public static String source(Btf btf, LineInfo line, boolean linum) {
    String source = string(btf, line.lineOff()).stripLeading();
    if (source.isEmpty()) {
      return "";
    }
    return !linum
        ? "; " + source + "\n"
        : "; "
            + source
            + " [file:"
            + string(btf, line.fileNameOff())
            + " line_num:"
            + line.line()
            + " line_col:"
            + line.column()
            + "]\n";
  }

  private static String string(Btf btf, int offset) {
    return offset >= 0 && offset < btf.stringEnd() ? btf.string(offset) : "";
  }

  /** Name of a helper or {@link KernelFunction} by its number, or null. */
  public static @Nullable String functionName(int number) {
    return number >= KernelFunction.FIRST
        ? KernelFunction.ofNumber(number).symbol()
        : Helpers.name(number);
  }

  /** Name of one of a program's own functions by its BTF, or null. */
  public static @Nullable String subprogName(RunnableProgram program, int number) {
    List<FuncInfo> infos = program.funcInfo();
    Btf btf = program.program().btf();
    boolean known = btf != null && number >= 0 && number < infos.size();
    int type = known ? infos.get(number).typeId() : 0;
    return btf != null && type != 0 && btf.hasType(type) ? btf.name(type) : null;
  }

  /** Names for the instruction at an index. */
  private final class Names implements CallNames {
    private final int at;

    Names(int at) {
      this.at = at;
    }

    @Override
    public @Nullable String call(long word) {
      if (InsnWord.src(word) != PSEUDO_CALL) {
        long runnable = program.insns()[at];
        boolean tail = InsnWord.code(runnable) == TAIL_CALL_CODE;
        return functionName(tail ? Helpers.TAIL_CALL : InsnWord.imm(runnable));
      }
      String name = subprogName(program, InsnWord.imm(word));
      String offset = (InsnWord.off(word) < 0 ? "" : "+") + InsnWord.off(word);
      return name == null ? offset : offset + "#" + name;
    }

    @Override
    public @Nullable String immediate(long first, long second) {
      int imm = InsnWord.imm(first);
      return switch (InsnWord.src(first)) {
        case PSEUDO_MAP_FD -> "map[id:" + imm + "]";
        case PSEUDO_MAP_VALUE -> "map[id:" + imm + "][0]+" + InsnWord.imm(second);
        case PSEUDO_FUNC -> "subprog[" + (imm < 0 ? "" : "+") + imm + "]";
        default -> null;
      };
    }
  }
}

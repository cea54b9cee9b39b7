package dev.skep.verify;

import static dev.skep.isa.Opcodes.*;

import dev.skep.isa.CallNames;
import dev.skep.isa.Disassembler;
import dev.skep.isa.InsnWord;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import java.util.List;

/**
 * Writes what the main pass does into the log: source lines, instructions, and behind each
 * instruction the registers and slots that it touched.
 *
 * <pre>
 *   ; int x = ctx->len; @ prog.c:12
 *   3: (61) r0 = *(u32 *)(r6 +0)          ; R0=scalar(smin=0,umax=0xffffffff) R6=ctx()
 * </pre>
 */
final class Trace {
  private static final int ALIGNMENT = 40;
  private static final int MIN_ALIGNMENT = 8;

  /**
   * Where the kernel prints addresses of maps, something of the same length, so that a log needs as
   * many bytes and is cut at the same place.
   */
  private static final long FIRST_MAP = 0xffff888100000000L;

  private static final long MAP_BYTES = 0x10000;

  final Scratched scratched = new Scratched();

  private final VerifierLog log;
  private final Program program;
  private final StatePrinter printer;
  private final CallNames names;
  private final SourceText source;
  private final StringBuilder text = new StringBuilder(64);

  private boolean hidesMaps;

  /** End of the log behind the last instruction line, 0 when there was none. */
  private long insnEnd;

  /** Length of the last instruction line, with its line feed. */
  private int insnLength;

  /** Index of the line record printed last, -1 for none. */
  private int lastLine = -1;

  Trace(VerifierLog log, Program program, CallNames names, SourceText source) {
    this.log = log;
    this.program = program;
    this.printer = new StatePrinter(log, program);
    this.names = names;
    this.source = source;
  }

  /** Loaders without CAP_PERFMON are not shown where maps are. */
  void hideMaps() {
    hidesMaps = true;
  }

  /** Begins a program or global function: its first source line is shown again. */
  void newRun() {
    lastLine = -1;
  }

  StatePrinter printer() {
    return printer;
  }

  /** "from 3 to 7:" and the whole state, before the first instruction of a path (level 2). */
  void arrival(State state, int previous, int insn) {
    log.add("\nfrom ").num(previous).add(" to ").num(insn);
    if (state.speculative) {
      log.add(" (speculative execution)");
    }
    log.add(':');
    printer.print(state, state.curframe, null);
  }

  /** Says that a state equal to this one is known to be safe. */
  void safe(State state, int previous, int insn, boolean justArrived) {
    if (justArrived) {
      log.add("\nfrom ").num(previous).add(" to ").num(insn);
      if (state.speculative) {
        log.add(" (speculative execution)");
      }
    } else {
      log.num(insn);
    }
    log.add(": safe\n");
  }

  /** Prints what is pending of the state, the source line if it changed, and the instruction. */
  void insn(State state, int insn) {
    if (scratched.any()) {
      state(state, insn);
    }
    sourceLine(insn, "; ");
    insnEnd = log.end();
    log.num(insn).add(": ");
    instruction(insn);
    insnLength = (int) (log.end() - insnEnd);
    insnEnd = log.end();
  }

  /** The text of one instruction and a line feed (verbose_insn). */
  void instruction(int insn) {
    text.setLength(0);
    disassemble(text, insn);
    log.add(text).line();
  }

  /** The text of one instruction, with something that looks like an address for a map. */
  void disassemble(StringBuilder out, int insn) {
    long[] insns = program.insns();
    long word = insns[insn];
    long next = insn + 1 < insns.length ? insns[insn + 1] : 0;
    if (InsnWord.code(word) == LD_IMM64 && loadsMap(InsnWord.src(word))) {
      long address = FIRST_MAP + MAP_BYTES * InsnWord.imm(word) + InsnWord.imm(next);
      boolean named = InsnWord.src(word) == PSEUDO_MAP_FD || InsnWord.src(word) == PSEUDO_MAP_VALUE;
      if (hidesMaps && named) {
        address = 0;
      }
      word = InsnWord.withImm(word, (int) address);
      next = InsnWord.withImm(next, (int) (address >>> 32));
    }
    Disassembler.append(out, word, next, names);
  }

  private static boolean loadsMap(int src) {
    return src == PSEUDO_MAP_FD
        || src == PSEUDO_MAP_VALUE
        || src == PSEUDO_MAP_IDX
        || src == PSEUDO_MAP_IDX_VALUE;
  }

  /**
   * Prints the touched part of the state: behind the instruction if nothing was said since, else on
   * a line of its own (print_insn_state).
   */
  void state(State state, int insn) {
    if (insnEnd != 0 && insnEnd == log.end()) {
      log.reset(insnEnd - 1);
      log.blanks(padding(insnLength)).add(';');
    } else {
      log.num(insn).add(':');
    }
    printer.print(state, state.curframe, scratched);
  }

  private static int padding(int position) {
    int wanted = Math.max(position + MIN_ALIGNMENT / 2, ALIGNMENT);
    return (wanted + MIN_ALIGNMENT - 1 & -MIN_ALIGNMENT) - position - 1;
  }

  /** Prints the source line of an instruction if it is not the one printed last (verbose_linfo). */
  void sourceLine(int insn, String prefix) {
    List<LineInfo> lines = program.lineInfo();
    if (lines.isEmpty()) {
      return;
    }
    int at = indexOf(lines, insn);
    LineInfo line = lines.get(at);
    if (at == lastLine || lastLine >= 0 && samePlace(line, lines.get(lastLine))) {
      return;
    }
    String file = source.string(line.fileNameOff());
    log.add(prefix).addCut(source.string(line.lineOff()).stripLeading());
    log.add(" @ ").add(file.substring(file.lastIndexOf('/') + 1)).add(':').num(line.line()).line();
    lastLine = at;
  }

  private static boolean samePlace(LineInfo a, LineInfo b) {
    return a.fileNameOff() == b.fileNameOff() && a.line() == b.line();
  }

  /** The last record at or before an instruction, the first if there is none. */
  private static int indexOf(List<LineInfo> lines, int insn) {
    int low = 0;
    int high = lines.size() - 1;
    while (low < high) {
      int middle = low + (high - low + 1) / 2;
      if (lines.get(middle).insn() <= insn) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}

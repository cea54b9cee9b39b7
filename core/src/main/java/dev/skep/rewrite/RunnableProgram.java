package dev.skep.rewrite;

import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rewritten program: what the interpreter and the JITs take. Only the rewriter makes one.
 *
 * <p>Forms: map loads (ld_imm64 src 1) have the map's index in the first imm, value loads (src 2)
 * also the byte offset in the second; the engine puts addresses. A per-CPU value load is that pair
 * followed by mov64_percpu. Helper calls: see {@link KernelFunction}. Calls of subprograms (src 1):
 * off = 0, imm = relative target in instructions. Function loads (src 4): first imm = relative
 * target. A tail call is code 0xf5 with an imm of {@link TailCallImm}. The per-CPU offset of the
 * CPU's number is {@link #CPU_NUMBER_OFFSET}. The address of a kernel variable is ld_imm64 src 3
 * with the ordinal of a {@link KernelVariable} as imm. Structs have the layouts of {@link
 * dev.skep.program.layout}.
 */
public final class RunnableProgram {
  /** Per-CPU offset at which each CPU's area holds its number (u32). */
  public static final int CPU_NUMBER_OFFSET = 64;

  /** JMP | TAIL_CALL, the internal code of a tail call. */
  public static final int TAIL_CALL_CODE = 0xf5;

  /**
   * One function to compile.
   *
   * @param start first instruction
   * @param end one past the last
   * @param stackDepth deepest byte used, not rounded, with what the rewrites added
   */
  public record Function(
      int start,
      int end,
      int stackDepth,
      boolean tailCallReachable,
      boolean privateStack,
      boolean exceptionBoundary,
      boolean exceptionCallback) {}

  private final Program program;
  private final long[] insns;
  private final List<Function> functions;
  private final List<PokeDescriptor> pokes;
  private final TailCallDialect tailCalls;
  private final BitSet boundedIndexes;
  private final int[] origins;
  private final List<FuncInfo> funcInfo;
  private final List<LineInfo> lineInfo;
  private final @Nullable RunnableProgram dumped;

  RunnableProgram(
      Program program,
      long[] insns,
      List<Function> functions,
      List<PokeDescriptor> pokes,
      TailCallDialect tailCalls,
      BitSet boundedIndexes,
      int[] origins,
      List<FuncInfo> funcInfo,
      List<LineInfo> lineInfo,
      @Nullable RunnableProgram dumped) {
    this.program = program;
    this.insns = insns;
    this.functions = List.copyOf(functions);
    this.pokes = List.copyOf(pokes);
    this.tailCalls = tailCalls;
    this.boundedIndexes = boundedIndexes;
    this.origins = origins;
    this.funcInfo = List.copyOf(funcInfo);
    this.lineInfo = List.copyOf(lineInfo);
    this.dumped = dumped;
  }

  /** The program as it was loaded; its maps are the ones that indexes refer to. */
  public Program program() {
    return program;
  }

  /** The rewritten instructions; not to be changed. */
  public long[] insns() {
    return insns;
  }

  /** In order; the first is the main program. */
  public List<Function> functions() {
    return functions;
  }

  /** The number of the function that an instruction belongs to. */
  public int functionOf(int insn) {
    int low = 0;
    int high = functions.size() - 1;
    while (low < high) {
      int middle = low + high + 1 >>> 1;
      if (functions.get(middle).start() <= insn) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** The direct tail calls, in the order of their instructions: imm names them by index. */
  public List<PokeDescriptor> pokes() {
    return pokes;
  }

  /** What the imm of its tail calls holds. */
  public TailCallDialect tailCalls() {
    return tailCalls;
  }

  /**
   * Whether r3 as a whole, not only its lower half, is below the map's max_entries on every path to
   * an indirect tail call: neither the test nor the truncation of the index is needed. Where other
   * maps can get there too, it is below the smallest of all program arrays.
   *
   * @param insn the tail call
   */
  public boolean tailCallIndexFits(int insn) {
    return boundedIndexes.get(insn);
  }

  /**
   * The verified instruction whose rewritten form begins here, -1 for the rest of such a form: what
   * registers hold before it is what they held in the program as it was loaded.
   */
  public int origin(int insn) {
    return origins[insn];
  }

  /**
   * What a dump shows: this, or the instructions without blinding where functions were blinded one
   * by one, since there the program keeps its own.
   */
  public RunnableProgram dumped() {
    return dumped == null ? this : dumped;
  }

  public List<FuncInfo> funcInfo() {
    return funcInfo;
  }

  public List<LineInfo> lineInfo() {
    return lineInfo;
  }

  /** How many functions dumps show: what a rewrite appended has no record, and is not shown. */
  public int shownFunctions() {
    return funcInfo.isEmpty() ? functions.size() : Math.min(functions.size(), funcInfo.size());
  }
}

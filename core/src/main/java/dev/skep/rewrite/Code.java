package dev.skep.rewrite;

import dev.skep.isa.InsnWord;
import dev.skep.program.LineInfo;
import dev.skep.program.Program;
import dev.skep.verify.InsnFacts;
import dev.skep.verify.SubprogFacts;
import dev.skep.verify.VerifiedProgram;
import java.util.Arrays;
import java.util.List;

/**
 * The program between two rewrites. Facts of the verifier are never moved: each instruction says
 * which of the verified ones it stands for.
 *
 * <pre>
 *   index       0     1     2     3     4    length
 *   insns       w     w     w     w     w
 *   origin      0    -1    -1     1     2         facts.xyz[origin[i]]
 *   starts      0                 3          5    one per subprogram, and the end
 * </pre>
 */
final class Code {
  /** {@link #subprogOrigin} of a subprogram that a rewrite added. */
  static final int HIDDEN = -1;

  final VerifiedProgram verified;
  final Program program;
  final InsnFacts facts;

  long[] insns;

  /** Verified instruction whose facts hold here, -1 for an inserted one. */
  int[] origin;

  /** The upper half of what the instruction defines counts as read (zext_dst). */
  boolean[] zext;

  int length;

  /** First instruction of each subprogram, then {@link #length}. */
  int[] starts;

  /** Number that the verifier gave to each subprogram. */
  int[] subprogOrigin;

  /** Stack of each subprogram in bytes, with what rewrites added. */
  int[] depths;

  int subprogs;

  /** Instruction of each line info entry. */
  int[] lineInsns;

  /** Index into the program's line info of each entry. */
  int[] lineOrigin;

  int lines;

  Code(VerifiedProgram verified) {
    this.verified = verified;
    program = verified.program();
    facts = verified.facts();
    insns = program.insns().clone();
    length = insns.length;
    origin = new int[length];
    for (int i = 0; i < length; i++) {
      origin[i] = i;
    }
    zext = facts.zeroExtend.clone();
    List<SubprogFacts> subprogFacts = verified.subprogs();
    subprogs = subprogFacts.size();
    starts = new int[subprogs + 1];
    subprogOrigin = new int[subprogs];
    depths = new int[subprogs];
    for (int s = 0; s < subprogs; s++) {
      starts[s] = subprogFacts.get(s).start();
      subprogOrigin[s] = s;
      depths[s] = subprogFacts.get(s).stackDepth();
    }
    starts[subprogs] = length;
    List<LineInfo> lineInfo = program.lineInfo();
    lines = lineInfo.size();
    lineInsns = new int[lines];
    lineOrigin = new int[lines];
    for (int l = 0; l < lines; l++) {
      lineInsns[l] = lineInfo.get(l).insn();
      lineOrigin[l] = l;
    }
  }

  /** Appends a subprogram that no one verified (add_hidden_subprog). */
  void appendHidden(long... words) {
    insns = Arrays.copyOf(insns, length + words.length);
    origin = Arrays.copyOf(origin, length + words.length);
    zext = Arrays.copyOf(zext, length + words.length);
    System.arraycopy(words, 0, insns, length, words.length);
    Arrays.fill(origin, length, length + words.length, -1);
    starts = Arrays.copyOf(starts, subprogs + 2);
    subprogOrigin = Arrays.copyOf(subprogOrigin, subprogs + 1);
    depths = Arrays.copyOf(depths, subprogs + 1);
    subprogOrigin[subprogs] = HIDDEN;
    starts[subprogs] = length;
    depths[subprogs] = 0;
    length += words.length;
    starts[++subprogs] = length;
  }

  /** Whether the verifier walked the instruction; inserted ones count as walked. */
  boolean seen(int insn) {
    return origin[insn] < 0 || facts.seen[origin[insn]];
  }

  /** The subprogram that an instruction lies in. */
  int subprogOf(int insn) {
    int low = 0;
    int high = subprogs - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (starts[middle] <= insn) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Absolute target of a jump, call or function load, or a negative number. */
  int target(int insn) {
    int relative = Words.relative(insns[insn]);
    return relative == Words.NO_TARGET ? -1 : insn + 1 + relative;
  }

  /** Whether any instruction has the code. */
  boolean contains(int code) {
    for (int i = 0; i < length; i++) {
      if (InsnWord.code(insns[i]) == code) {
        return true;
      }
    }
    return false;
  }
}

package dev.skep.rewrite;

import static dev.skep.isa.Opcodes.*;

import dev.skep.errors.Errno;
import dev.skep.errors.RejectedException;
import dev.skep.isa.InsnWord;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.verify.SubprogFacts;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The entry of the rewrites: the passes of bpf_check after do_check, in the kernel's order, as
 * Linux does them when its x86-64 JIT is on.
 */
public final class Rewriter {
  /** What an interpreted program hands to the one that it jumps to (MAX_BPF_STACK). */
  private static final int MAX_STACK = 512;

  /** Keys that nobody can guess. */
  private static final SecureRandom SECRETS = new SecureRandom();

  private Rewriter() {}

  /** Rewrites for a runtime that does not patch code. */
  public static RunnableProgram rewrite(VerifiedProgram verified) {
    return rewrite(verified, RewriteOptions.INDIRECT);
  }

  /**
   * Rewrites a verified program.
   *
   * @throws dev.skep.errors.UnsupportedException if it needs a rewrite that is missing
   * @throws dev.skep.errors.RejectedException if a jump gets longer than 16 bits allow, or a call
   *     is left whose function is dead code
   */
  public static RunnableProgram rewrite(VerifiedProgram verified, RewriteOptions options) {
    return rewrite(verified, options, SECRETS);
  }

  /** Rewrites with keys for blinding that a test can foresee. */
  static RunnableProgram rewrite(
      VerifiedProgram verified, RewriteOptions options, RandomGenerator keys) {
    Code code = new Code(verified);
    FastcallSpills.run(code);
    LoopInlining.run(code);
    DeadCode.run(code);
    ContextAccesses.run(code);
    List<PokeDescriptor> pokes = MiscFixups.run(code, options);
    ZeroExtension.run(code);
    if (code.subprogs > 1) {
      checkCallees(code);
      checkInterpreted(code);
    }
    BitSet fitting = TailCallIndexes.find(code, options.tailCalls());
    if (!options.blinding()) {
      return result(code, pokes, options.tailCalls(), fitting, null);
    }
    boolean oneByOne = code.subprogs > 1;
    RunnableProgram plain =
        oneByOne ? result(code, pokes, options.tailCalls(), fitting, null) : null;
    long[] before = Arrays.copyOf(code.insns, code.length);
    Blinding.run(code, keys);
    return result(code, pokes, options.tailCalls(), moved(fitting, before, code), plain);
  }

  /** The n-th tail call is still the n-th. */
  private static BitSet moved(BitSet calls, long[] before, Code code) {
    BitSet moved = new BitSet();
    int at = -1;
    for (int i = 0; i < before.length; i++) {
      if (InsnWord.code(before[i]) == TAIL_CALL_CODE) {
        do {
          at++;
        } while (InsnWord.code(code.insns[at]) != TAIL_CALL_CODE);
        moved.set(at, calls.get(i));
      }
    }
    return moved;
  }

  /**
   * The verdict on a program that the verifier accepted but {@link #rewrite} rejected, as the
   * kernel's log has it: the reason before the counters.
   */
  public static Verdict.Rejected verdict(Verdict.Accepted accepted, RejectedException rejection) {
    return accepted.refused(rejection.errno(), rejection.insn(), rejection.log());
  }

  private static RunnableProgram result(
      Code code,
      List<PokeDescriptor> pokes,
      TailCallDialect dialect,
      BitSet fitting,
      @Nullable RunnableProgram dumped) {
    long[] insns = Arrays.copyOf(code.insns, code.length);
    return new RunnableProgram(
        code.program,
        insns,
        functions(code),
        located(insns, pokes, dialect),
        dialect,
        fitting,
        origins(code),
        funcInfo(code),
        lineInfo(code),
        dumped);
  }

  /** Where the instructions that stand for each verified one begin: its number, else -1. */
  private static int[] origins(Code code) {
    int[] origins = new int[code.length];
    Arrays.fill(origins, -1);
    int begin = 0;
    int last = -1;
    for (int i = 0; i < code.length; i++) {
      int origin = code.origin[i];
      if (origin >= 0) {
        origins[begin] = origin == last ? -1 : origin;
        begin = i + 1;
        last = origin;
      }
    }
    return origins;
  }

  /** As jit_subprogs does; without subprograms it is not reached. */
  private static void checkCallees(Code code) {
    long[] insns = code.insns;
    for (int i = 0; i < code.length; i++) {
      boolean wide = InsnWord.code(insns[i]) == LD_IMM64;
      boolean call = InsnWord.code(insns[i]) == CALL_CODE && InsnWord.src(insns[i]) == PSEUDO_CALL;
      if (call || wide && InsnWord.src(insns[i]) == PSEUDO_FUNC) {
        int target = i + 1 + InsnWord.imm(insns[i]);
        if (Arrays.binarySearch(code.starts, 0, code.subprogs, target) < 0) {
          String reason = "verifier bug: No program to jit at insn " + target + " (subprog < 0)";
          throw new RejectedException(reason, Errno.EFAULT, -1, reason + '\n');
        }
      }
      i += wide ? 1 : 0;
    }
  }

  /** As fixup_call_args does: interpreted subprograms cannot be left by a tail call. */
  private static void checkInterpreted(Code code) {
    boolean tailCalls = code.verified.subprogs().getFirst().tailCallReachable();
    if (tailCalls && !code.verified.options().host().jit()) {
      String reason = "tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls";
      throw new RejectedException(
          code.program.name() + ": " + reason, Errno.EINVAL, -1, reason + '\n');
    }
  }

  private static List<RunnableProgram.Function> functions(Code code) {
    boolean interpreted = !code.verified.options().host().jit();
    List<RunnableProgram.Function> functions = new ArrayList<>(code.subprogs);
    for (int s = 0; s < code.subprogs; s++) {
      if (code.subprogOrigin[s] == Code.HIDDEN) {
        functions.add(
            new RunnableProgram.Function(
                code.starts[s], code.starts[s + 1], 0, false, false, false, true));
        continue;
      }
      SubprogFacts facts = code.verified.subprogs().get(code.subprogOrigin[s]);
      functions.add(
          new RunnableProgram.Function(
              code.starts[s],
              code.starts[s + 1],
              interpreted && facts.hasTailCall() ? MAX_STACK : code.depths[s],
              facts.tailCallReachable(),
              facts.privateStack(),
              s == 0 && code.verified.throwsException(),
              facts.exceptionCallback()));
    }
    return functions;
  }

  /** The n-th direct tail call has descriptor n. */
  private static List<PokeDescriptor> located(
      long[] insns, List<PokeDescriptor> pokes, TailCallDialect dialect) {
    List<PokeDescriptor> located = new ArrayList<>(pokes.size());
    for (int i = 0; i < insns.length && located.size() < pokes.size(); i++) {
      boolean call = InsnWord.code(insns[i]) == TAIL_CALL_CODE;
      if (call && TailCallImm.poke(dialect, InsnWord.imm(insns[i])) >= 0) {
        PokeDescriptor poke = pokes.get(located.size());
        located.add(new PokeDescriptor(poke.map(), poke.key(), i));
      }
    }
    return located;
  }

  /** One entry per subprogram that is left, when the program came with any. */
  private static List<FuncInfo> funcInfo(Code code) {
    List<FuncInfo> given = code.program.funcInfo();
    List<FuncInfo> left = new ArrayList<>();
    for (int s = 0; s < code.subprogs; s++) {
      int number = code.subprogOrigin[s];
      if (number >= 0 && number < given.size()) {
        left.add(new FuncInfo(code.starts[s], given.get(number).typeId()));
      }
    }
    return left;
  }

  private static List<LineInfo> lineInfo(Code code) {
    List<LineInfo> moved = new ArrayList<>(code.lines);
    for (int l = 0; l < code.lines; l++) {
      LineInfo given = code.program.lineInfo().get(code.lineOrigin[l]);
      moved.add(
          new LineInfo(code.lineInsns[l], given.fileNameOff(), given.lineOff(), given.lineCol()));
    }
    return moved;
  }
}

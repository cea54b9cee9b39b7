package dev.skep.bench;

import dev.skep.isa.Assembler;
import dev.skep.isa.InsnWord;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import dev.skep.rewrite.TailCallImm;
import dev.skep.verify.Verdict;
import dev.skep.verify.VerifiedProgram;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.util.List;
import java.util.Locale;

/**
 * What a program of a chain looks like before its tail call: it decides the form that the call gets
 * in machine code. The index of the variable ones is skb->mark, which is 0, plus a constant.
 */
enum TailCallText {
  /** One array, constant index: direct. */
  CONSTANT(
      """
      r2 = map[0]
      r3 = %1$d
      call bpf_tail_call#12
      r0 = 77
      exit
      """),
  /** One array, index from the context: the seed's static form. */
  VARIABLE(
      """
      r3 = *(u32 *)(r1 +8)
      w3 += %1$d
      r2 = map[0]
      call bpf_tail_call#12
      r0 = 77
      exit
      """),
  /** As the next one, with the same array on both paths: static. */
  TWO_PATHS(
      """
      r3 = *(u32 *)(r1 +8)
      r2 = map[0]
      if w3 > 1000 goto both
      r2 = map[0]
      both: w3 += %1$d
      call bpf_tail_call#12
      r0 = 77
      exit
      """),
  /** Two arrays meet at one call; only the second is ever used: dynamic. */
  TWO_ARRAYS(
      """
      r3 = *(u32 *)(r1 +8)
      r2 = map[1]
      if w3 > 1000 goto both
      r2 = map[0]
      both: w3 += %1$d
      call bpf_tail_call#12
      r0 = 77
      exit
      """);

  /** What the last program of a chain returns. */
  static final int RESULT = 2;

  private static final String LAST = "r0 = " + RESULT + "\nexit";

  private final String text;

  TailCallText(String text) {
    this.text = text;
  }

  /** A program that tail calls a slot of its first array; both arrays have that many slots. */
  Program hop(int slot, int slots) {
    MapSpec array = array(slots);
    List<MapSpec> arrays = this == TWO_ARRAYS ? List.of(array, array) : List.of(array);
    return program(text.formatted(slot), arrays);
  }

  /** The form of the tail call, as an engine that rewrites so has it. */
  String form(RewriteOptions options) {
    for (long insn : Rewriter.rewrite(verified(hop(1, 2)), options).insns()) {
      if (InsnWord.code(insn) == RunnableProgram.TAIL_CALL_CODE) {
        TailCallImm.Form form = TailCallImm.form(options.tailCalls(), InsnWord.imm(insn));
        boolean any = form == TailCallImm.Form.DYNAMIC;
        return any && options.tailCalls() == TailCallDialect.LINUX_6_18
            ? "indirect"
            : form.name().toLowerCase(Locale.ROOT);
      }
    }
    throw new IllegalStateException("no tail call in " + this);
  }

  static VerifiedProgram verified(Program program) {
    if (Verifier.verify(program, VerifierOptions.standard()) instanceof Verdict.Accepted yes) {
      return yes.program();
    }
    throw new IllegalStateException("not accepted: \"" + program.name() + "\"");
  }

  /** How many arrays a program uses. */
  int arrays() {
    return this == TWO_ARRAYS ? 2 : 1;
  }

  /** The program at a chain's end. */
  static Program last() {
    return program(LAST, List.of());
  }

  static MapSpec array(int slots) {
    return MapSpec.of("chain", MapType.PROG_ARRAY, 4, 4, slots, 0);
  }

  static Program program(String text, List<MapSpec> maps) {
    return Program.of("hop", ProgramType.SCHED_CLS, "GPL", Assembler.assemble(text), maps);
  }
}

package dev.skep.verify;

import dev.skep.errors.UnsupportedException;
import dev.skep.program.Program;
import org.jspecify.annotations.Nullable;

/**
 * Everything the verifier does before it follows the program: subprograms, BTF records, opcodes and
 * immediate loads, control flow, loops, live registers, fastcall patterns, in the order of
 * bpf_check of Linux 6.18, so that of several faults the same one is reported.
 *
 * @param subprogs in the order of their starts
 * @param attachment what the program is attached to; null for types that attach without BTF
 * @param marks where states are compared, loops, live registers
 * @param facts per instruction: loaded maps and fastcall patterns are filled in
 */
record Preparation(
    Subprogs subprogs, InsnMarks marks, InsnFacts facts, @Nullable Attachment attachment) {
  /**
   * Runs the passes.
   *
   * @param target the program that this one extends, or null
   * @throws Rejection with the reason in the log
   * @throws UnsupportedException for what cannot be judged yet
   */
  static Preparation of(
      Program program,
      VerifierOptions options,
      BtfObjects btfs,
      CalledKfuncs kfuncs,
      @Nullable TargetProgram target,
      VerifierLog log,
      Trace trace) {
    long[] insns = program.insns();
    InsnFacts facts = new InsnFacts(insns.length);
    InsnMarks marks = new InsnMarks(insns.length);
    BtfRecords.checkEarly(program, log);
    Subprogs subprogs = Subprogs.find(program, options, kfuncs, log);
    subprogs.check(insns, log);
    BtfRecords.check(program, subprogs, log);
    ImmediateLoads.resolve(program, options, btfs.symbols(), log, facts);
    ControlFlow.check(program, options, kfuncs, subprogs, marks, log, trace);
    Postorder.compute(insns, subprogs, marks);
    Extension extension = Extension.of(program, options, subprogs.get(0), target);
    Attachment attachment = AttachChecks.check(program, options, btfs, extension, log);
    kfuncs.resolveType();
    Components.compute(insns, marks);
    AllowedHelpers helpers = new AllowedHelpers(program, options, attachment);
    LiveRegisters.compute(program, helpers, kfuncs, marks, log, trace);
    FastcallPatterns.mark(program, helpers, kfuncs, subprogs, facts);
    return new Preparation(subprogs, marks, facts, attachment);
  }
}

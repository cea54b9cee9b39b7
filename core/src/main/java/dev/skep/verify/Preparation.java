package dev.skep.verify;

import static dev.skep.errors.Errno.*;

import dev.skep.errors.UnsupportedException;
import dev.skep.isa.CallNames;
import dev.skep.isa.InsnWord;
import dev.skep.program.Helpers;
import dev.skep.program.Program;

/**
 * Everything the verifier does before it follows the program: subprograms, BTF records, opcodes and
 * immediate loads, control flow, loops, live registers, fastcall patterns, in the order of
 * bpf_check of Linux 6.18, so that of several faults the same one is reported.
 *
 * @param subprogs in the order of their starts
 * @param marks where states are compared, loops, live registers
 * @param facts per instruction: loaded maps and fastcall patterns are filled in
 */
record Preparation(Subprogs subprogs, InsnMarks marks, InsnFacts facts) {
  /** Names of helpers as the log prints them. */
  static final CallNames NAMES =
      word -> InsnWord.src(word) == 0 ? Helpers.name(InsnWord.imm(word)) : null;

  /**
   * Runs the passes.
   *
   * @throws Rejection with the reason in the log
   * @throws UnsupportedException for what cannot be judged yet
   */
  static Preparation of(Program program, VerifierOptions options, VerifierLog log, Trace trace) {
    long[] insns = program.insns();
    InsnFacts facts = new InsnFacts(insns.length);
    InsnMarks marks = new InsnMarks(insns.length);
    BtfRecords.checkEarly(program, log);
    Subprogs subprogs = Subprogs.find(program, options, log);
    subprogs.check(insns, log);
    BtfRecords.check(program, subprogs, log);
    ImmediateLoads.resolve(program, log, facts);
    ControlFlow.check(program, options, subprogs, marks, log, trace);
    Postorder.compute(insns, subprogs, marks);
    checkAttachTarget(program, log);
    Components.compute(insns, marks);
    LiveRegisters.compute(program, marks, log, trace);
    FastcallPatterns.mark(program, subprogs, facts);
    return new Preparation(subprogs, marks, facts);
  }

  /** Sleepable programs, and the types that attach to a BTF function (check_attach_btf_id). */
  private static void checkAttachTarget(Program program, VerifierLog log) {
    boolean sleepable = LoadChecks.sleepable(program);
    switch (program.type()) {
      case SYSCALL -> {
        if (!sleepable) {
          log.add("Syscall programs can only be sleepable\n");
          throw new Rejection(EINVAL);
        }
      }
      case TRACING, LSM, EXT, STRUCT_OPS ->
          throw new UnsupportedException("programs of type " + program.type().text());
      case KPROBE -> {}
      default -> {
        if (sleepable) {
          log.add("Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs");
          log.add(" can be sleepable\n");
          throw new Rejection(EINVAL);
        }
      }
    }
  }
}

package dev.skep.verify;

/** What the verifier says of one program. */
public sealed interface Verdict {
  VerifierStats stats();

  /** The kernel's log text at the level that was asked, possibly empty. */
  String log();

  /** Linux would load it. */
  record Accepted(VerifiedProgram program, VerifierStats stats, String log) implements Verdict {}

  /**
   * Linux would refuse it.
   *
   * @param errno positive
   * @param message the last error line of the log, without the newline
   * @param insn the instruction judged last, or -1
   */
  record Rejected(int errno, String message, int insn, VerifierStats stats, String log)
      implements Verdict {}

  /**
   * Linux would judge it, Skep cannot yet.
   *
   * @param what the missing piece, by name
   */
  record Unsupported(String what, int insn, VerifierStats stats, String log) implements Verdict {}
}

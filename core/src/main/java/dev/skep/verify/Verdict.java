package dev.skep.verify;

/** What the verifier says of one program. */
public sealed interface Verdict {
  VerifierStats stats();

  /** The kernel's log text at the level that was asked, possibly empty. */
  String log();

  /** Linux would load it. */
  record Accepted(VerifiedProgram program, VerifierStats stats, String log) implements Verdict {
    /**
     * The verdict if a later step of bpf_check, a rewrite, refuses the program.
     *
     * @param errno positive
     * @param insn where, or -1
     * @param reason text that goes into the log before the counters
     */
    public Rejected refused(int errno, int insn, String reason) {
      return LateRejection.of(this, errno, insn, reason);
    }
  }

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
  record Unsupported(String what, int insn, VerifierStats stats, String log) implements Verdict {
    /** {@link #what} of a program on which Linux has no verdict: see {@link #faultsLinux}. */
    static final String FAULTS_LINUX = "linux 6.18 writes outside its precision masks";

    /**
     * Whether loading the program makes Linux 6.18.44 itself fail. A subprogram that a packet load
     * (LD_ABS, LD_IND) left is walked back (backtrack_insn) in its caller's frame; reaching its
     * call with an argument register marked, the kernel writes before its masks and goes on with a
     * frame number out of range.
     */
    public boolean faultsLinux() {
      return what.equals(FAULTS_LINUX);
    }
  }
}

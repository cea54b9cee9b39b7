package dev.skep.errors;

/** The verifier refused the program, as Linux would: exit status 1. */
public final class RejectedException extends SkepException {
  private static final long serialVersionUID = 1L;
  private final int errno;
  private final int insn;
  private final String log;

  /**
   * @param message one line: program and the verifier's last error line
   * @param errno positive errno, as in EACCES = 13
   * @param insn index of the instruction that was judged last, or -1
   * @param log the whole verifier log, possibly empty
   */
  public RejectedException(String message, int errno, int insn, String log) {
    super(message);
    this.errno = errno;
    this.insn = insn;
    this.log = log;
  }

  public int errno() {
    return errno;
  }

  public int insn() {
    return insn;
  }

  public String log() {
    return log;
  }
}

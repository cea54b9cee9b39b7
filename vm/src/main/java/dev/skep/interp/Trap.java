package dev.skep.interp;

/**
 * A program did what verified code never does, as in an access outside of its memory: a mistake of
 * the verifier or the rewrites, or code that was not verified. The run ended at once.
 */
public final class Trap extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String program;
  private final int insn;

  Trap(String program, int insn, String what) {
    super("trap in \"" + program + "\" at insn " + insn + ": " + what);
    this.program = program;
    this.insn = insn;
  }

  /** Name of the program. */
  public String program() {
    return program;
  }

  /** Index of the instruction in the rewritten program. */
  public int insn() {
    return insn;
  }
}

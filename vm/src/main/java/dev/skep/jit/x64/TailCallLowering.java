package dev.skep.jit.x64;

/** How one layout takes tail calls and counts them. */
interface TailCallLowering {
  /** What hands the counter on; a call of a subprogram follows. */
  void beforeSubprogramCall();

  /**
   * A whole tail call.
   *
   * @param word whose imm is in the dialect of {@link JitInput#tailCalls}
   */
  void tailCall(long word);
}

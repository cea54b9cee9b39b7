package dev.skep.interp;

/** Sees the registers of an interpreted program before each instruction of the verified one. */
@FunctionalInterface
public interface StepObserver {
  /**
   * Called by the thread that runs the program.
   *
   * @param insn the instruction about to run, numbered as in the program that was verified
   * @param registers R0 to R10 and the interpreter's own behind them; not to be changed or kept
   */
  void before(int insn, long[] registers);
}

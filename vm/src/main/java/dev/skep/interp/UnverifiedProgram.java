package dev.skep.interp;

import dev.skep.machine.Cpu;

/**
 * A program that nobody verified, as conformance suites have them: R1 and R2 point to bare memory
 * and its length, which no program type offers. It exists in the interpreter only: the JIT takes
 * {@link dev.skep.rewrite.RunnableProgram}, which only the rewriter makes of what the verifier let
 * through, and nothing makes one of this. Here it can do no harm: each access is checked against
 * the machine's address space and its own stack, and ends in a {@link Trap} outside of them. It may
 * loop for ever.
 */
public final class UnverifiedProgram {
  private final Interpreter interpreter;
  private final Code code;

  UnverifiedProgram(Interpreter interpreter, Code code) {
    this.interpreter = interpreter;
    this.code = code;
  }

  /**
   * Runs it.
   *
   * @param cpu a CPU that the caller holds until the run is over
   * @return R0
   * @throws Trap if it touches memory that is not its own
   */
  public long run(Cpu cpu, long r1, long r2) {
    return interpreter.run(cpu, code, r1, r2);
  }
}

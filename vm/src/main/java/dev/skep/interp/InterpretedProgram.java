package dev.skep.interp;

import dev.skep.machine.Cpu;

/** A verified program, ready to be interpreted. */
public final class InterpretedProgram {
  private final Interpreter interpreter;
  private final Code code;

  InterpretedProgram(Interpreter interpreter, Code code) {
    this.interpreter = interpreter;
    this.code = code;
  }

  Code code() {
    return code;
  }

  /**
   * Runs it.
   *
   * @param cpu a CPU that the caller holds until the run is over
   * @param context address of the context structure, R1
   * @return R0
   * @throws Trap if it touches memory that is not its own: a mistake of Skep
   */
  public long run(Cpu cpu, long context) {
    return interpreter.run(cpu, code, context, 0);
  }
}

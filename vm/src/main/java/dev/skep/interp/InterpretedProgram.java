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
   * Calls one of its functions outside of a run.
   *
   * @param function its address, as the program loads it
   * @throws Trap if it touches memory that is not its own: a mistake of Skep
   */
  public long call(Cpu cpu, long function, long r1, long r2, long r3) {
    return interpreter.call(cpu, code, function, r1, r2, r3);
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

package dev.skep.run;

import dev.skep.machine.Cpu;

/** A program's code, as one of the engines made it. */
interface Executable {
  /**
   * Runs it once.
   *
   * @param cpu which the caller holds
   * @param context address of the context structure
   * @return R0
   */
  long run(Cpu cpu, long context);

  /** Runs it {@code times} times with the same context, at least once: R0 of the last run. */
  default long run(Cpu cpu, long context, int times) {
    long result = run(cpu, context);
    for (int i = 1; i < times; i++) {
      result = run(cpu, context);
    }
    return result;
  }

  /** Address of the machine code, or 0. */
  long entry();

  /** Where tail calls enter the machine code, or 0. */
  long tailCallEntry();

  /** Frees the code; nobody runs it. */
  void free();
}

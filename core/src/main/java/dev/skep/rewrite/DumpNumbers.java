package dev.skep.rewrite;

/**
 * What a dump shows in the place of things that have an address or id only where they live: maps,
 * functions, variables. A running kernel or an engine gives its own.
 */
public interface DumpNumbers {
  /** Maps count from 1, functions show their number, addresses are 0. */
  DumpNumbers PLAIN = new DumpNumbers() {};

  /** Id of the program's map. */
  default int mapId(int index) {
    return index + 1;
  }

  /**
   * imm of a call: the function's distance from __bpf_call_base.
   *
   * @param function a helper id or {@link KernelFunction#number}
   */
  default int call(int function) {
    return function;
  }

  default long address(KernelVariable variable) {
    return 0;
  }

  /** Per-CPU offset of the CPU's number. */
  default int cpuNumber() {
    return RunnableProgram.CPU_NUMBER_OFFSET;
  }
}

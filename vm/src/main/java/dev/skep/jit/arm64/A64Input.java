package dev.skep.jit.arm64;

import dev.skep.rewrite.RunnableProgram;
import java.util.List;

/**
 * What the emitter reads, without the proof of verification that a {@link RunnableProgram} is.
 *
 * @param arena whether the program uses one
 * @param arenaKernelStart address of the arena in the kernel
 * @param userVmStart and in user space
 * @param privateStackBase per-CPU offset of the private stack's block
 */
record A64Input(
    long[] insns,
    List<RunnableProgram.Function> functions,
    boolean arena,
    long arenaKernelStart,
    long userVmStart,
    long privateStackBase) {

  static A64Input of(RunnableProgram program) {
    return new A64Input(program.insns(), program.functions(), false, 0, 0, 0);
  }

  /** Index of the function that starts at an instruction, or -1 where none is left there. */
  int functionAt(int insn) {
    for (int i = 0; i < functions.size(); i++) {
      if (functions.get(i).start() == insn) {
        return i;
      }
    }
    return -1;
  }
}

package dev.skep.jit.x64;

import dev.skep.rewrite.PokeDescriptor;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.List;

/**
 * What the emitter reads, without the proof of verification that a {@link RunnableProgram} is.
 *
 * @param insns as {@link RunnableProgram#insns}
 * @param arenaKernelStart address of the arena, meaningful with {@code hasArena}
 * @param userVmStart the arena's address in user space
 */
record JitInput(
    long[] insns,
    List<RunnableProgram.Function> functions,
    List<PokeDescriptor> pokes,
    TailCallDialect tailCalls,
    boolean hasArena,
    long arenaKernelStart,
    long userVmStart) {

  static JitInput of(RunnableProgram program) {
    return new JitInput(
        program.insns(), program.functions(), program.pokes(), program.tailCalls(), false, 0, 0);
  }

  /**
   * Index of the function that starts at an instruction, or -1: of a callback that is never called
   * nothing is left.
   */
  int functionAt(int insn) {
    for (int i = 0; i < functions.size(); i++) {
      if (functions.get(i).start() == insn) {
        return i;
      }
    }
    return -1;
  }
}

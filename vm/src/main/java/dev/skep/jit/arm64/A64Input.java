package dev.skep.jit.arm64;

import dev.skep.program.MapSpec;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.TailCallDialect;
import java.util.List;

/**
 * What the emitter reads, without the proof of verification that a {@link RunnableProgram} is.
 *
 * @param maps those that the program uses, for the sizes of its program arrays
 * @param tailCalls what the imm of a tail call holds; poke descriptors are of no use here, nothing
 *     is patched
 * @param arena whether the program uses one
 * @param arenaKernelStart address of the arena in the kernel
 * @param userVmStart and in user space
 * @param privateStackBase per-CPU offset of the private stack's block
 */
record A64Input(
    long[] insns,
    List<RunnableProgram.Function> functions,
    List<MapSpec> maps,
    TailCallDialect tailCalls,
    boolean arena,
    long arenaKernelStart,
    long userVmStart,
    long privateStackBase) {

  /** Where a kernel's first per-CPU chunk is: what an address there looks like. */
  private static final long PER_CPU_ADDRESS = 0xffff_8000_8240_3f60L;

  static A64Input of(RunnableProgram program) {
    return new A64Input(
        program.insns(),
        program.functions(),
        program.program().maps(),
        program.tailCalls(),
        false,
        0,
        0,
        PER_CPU_ADDRESS);
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

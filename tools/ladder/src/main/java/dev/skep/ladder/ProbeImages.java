package dev.skep.ladder;

import dev.skep.program.Program;
import java.util.function.Function;

/**
 * Machine code that the kernel shows of tiny programs, each of which tells one choice of its JIT;
 * an array is empty where the kernel shows nothing. {@link ProbePrograms} has the programs.
 *
 * @param exit {@code r0 = CONSTANT; exit}
 * @param shift {@code r0 = 1; r2 = 3; r0 <<= r2; exit}
 * @param call of a helper that is not inlined
 * @param variableTailCall with a key that is not known before the run
 * @param constantTailCall of slot 0
 * @param privateStack a kprobe program with a frame of 64 bytes
 * @param cpuNumber bpf_get_smp_processor_id, which the kernel inlines
 */
record ProbeImages(
    byte[] exit,
    byte[] shift,
    byte[] call,
    byte[] variableTailCall,
    byte[] constantTailCall,
    byte[] privateStack,
    byte[] cpuNumber) {
  /**
   * The code that a JIT makes.
   *
   * @param compiler gives an empty array where it shows nothing
   */
  static ProbeImages of(Function<Program, byte[]> compiler) {
    return new ProbeImages(
        compiler.apply(ProbePrograms.exit()),
        compiler.apply(ProbePrograms.shift()),
        compiler.apply(ProbePrograms.call()),
        compiler.apply(ProbePrograms.variableTailCall()),
        compiler.apply(ProbePrograms.constantTailCall()),
        compiler.apply(ProbePrograms.privateStack()),
        compiler.apply(ProbePrograms.cpuNumber()));
  }
}

package dev.skep.jit.x64;

import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.rewrite.RunnableProgram;

/**
 * The x86-64 JIT in the kernel's layout: the code that Linux 6.18 emits, byte for byte but for
 * addresses.
 */
public final class X64Jit {
  private X64Jit() {}

  /**
   * Compiles all functions of a program.
   *
   * @param linkage the addresses of its maps; those of functions are put in later, see {@link
   *     MachineCode#relocations}
   * @throws dev.skep.errors.UnsupportedException for an instruction that has no lowering yet, and
   *     where the kernel's JIT gives up
   */
  public static MachineCode compile(RunnableProgram program, KernelLayout layout, Linkage linkage) {
    return new KernelEmitter(JitInput.of(program), layout, linkage).emit();
  }
}

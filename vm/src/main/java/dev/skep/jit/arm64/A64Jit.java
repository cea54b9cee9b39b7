package dev.skep.jit.arm64;

import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.rewrite.RunnableProgram;

/** The arm64 JIT in the kernel's layout: the code that Linux emits, word for word. */
public final class A64Jit {
  private A64Jit() {}

  /**
   * Compiles all functions of a program.
   *
   * @param linkage the addresses of its maps; those of helpers are put in later, see {@link
   *     MachineCode#relocations}
   * @throws dev.skep.errors.UnsupportedException for an instruction that has no lowering yet, and
   *     where the kernel's JIT gives up
   */
  public static MachineCode compile(RunnableProgram program, A64Layout layout, Linkage linkage) {
    return new A64Emitter(A64Input.of(program), layout, linkage).emit();
  }
}

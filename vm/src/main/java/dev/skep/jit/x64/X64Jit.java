package dev.skep.jit.x64;

import dev.skep.jit.Linkage;
import dev.skep.jit.MachineCode;
import dev.skep.rewrite.RunnableProgram;

/**
 * The x86-64 JIT. In the kernel's layout it is the code that Linux emits, byte for byte but for
 * addresses; in the userspace layout it is faster.
 */
public final class X64Jit {
  private X64Jit() {}

  /**
   * Compiles all functions of a program.
   *
   * @param layout a {@link KernelLayout} or a {@link UserLayout}
   * @param linkage the addresses of its maps; those of functions are put in later, see {@link
   *     MachineCode#relocations}
   * @throws dev.skep.errors.UnsupportedException for an instruction that has no lowering yet, and
   *     where the kernel's JIT gives up
   */
  public static MachineCode compile(RunnableProgram program, CodeLayout layout, Linkage linkage) {
    return compile(JitInput.of(program), layout, linkage);
  }

  static MachineCode compile(JitInput input, CodeLayout layout, Linkage linkage) {
    return switch (layout) {
      case KernelLayout kernel -> new KernelEmitter(input, kernel, linkage).emit();
      case UserLayout user -> new UserEmitter(input, user, linkage).emit();
    };
  }
}

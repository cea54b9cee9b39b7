package dev.skep.cli;

import dev.skep.jit.MachineCode;
import dev.skep.rewrite.DumpNumbers;
import dev.skep.rewrite.RunnableProgram;
import dev.skep.rewrite.Xlated;
import dev.skep.verify.VerifiedProgram;

/** What the kernel's dumps of a program would hold; nothing of it is executed. */
final class KernelImage {
  private KernelImage() {}

  static RunnableProgram rewritten(VerifiedProgram verified) {
    return CodeTarget.LINUX.rewrite(verified);
  }

  /**
   * The machine code in the layout of the kernel that is imitated, functions one after the other.
   */
  static MachineCode compiled(RunnableProgram runnable) {
    return CodeTarget.LINUX.compile(runnable);
  }

  static byte[] of(RunnableProgram runnable) {
    return compiled(runnable).dumped();
  }

  /** The code for another target, as dumps show it. */
  static byte[] of(VerifiedProgram verified, CodeTarget target) {
    return target.compile(target.rewrite(verified)).dumped();
  }

  /** The instructions as BPF_OBJ_GET_INFO_BY_FD gives them; map ids are index + 1. */
  static long[] xlated(VerifiedProgram verified, CodeTarget target) {
    return Xlated.insns(target.rewrite(verified), DumpNumbers.PLAIN);
  }
}

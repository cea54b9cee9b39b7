package dev.skep.verify;

import dev.skep.errors.Errno;
import org.jspecify.annotations.Nullable;

/** What BTF says of the arguments of subprograms (btf_prepare_func_args). */
final class Prototypes {
  private final Env env;
  private final MemoryAccess memory;
  private final StackAccess stack;

  Prototypes(Env env, MemoryAccess memory, StackAccess stack) {
    this.env = env;
    this.memory = memory;
    this.stack = stack;
  }

  /** Looks whether the main program takes a context. */
  void checkMain() {
    if (!env.program.funcInfo().isEmpty()) {
      throw env.unsupported("function records" + memory + stack);
    }
  }

  /** Sets the arguments of a global function to anything that its prototype allows. */
  void enter(int number, Frame frame) {
    throw env.unsupported("global functions " + number + frame);
  }

  /** Compares the current arguments with the prototype; null when they fit. */
  @Nullable Rejection checkCall(Subprog callee) {
    return env.program.funcInfo().isEmpty() ? new Rejection(Errno.EINVAL) : null;
  }
}

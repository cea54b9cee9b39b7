package dev.skep.verify;

import dev.skep.errors.Errno;
import org.jspecify.annotations.Nullable;

/** What BTF says of the arguments of subprograms (btf_prepare_func_args). */
final class Prototypes {
  private final Env env;

  Prototypes(Env env) {
    this.env = env;
  }

  /** Sets the arguments of a global function to anything that its prototype allows. */
  void enter(int number, Frame frame) {
    throw env.unsupported("global function " + env.subprogs[number].name + frame.frameno);
  }

  /** Compares the current arguments with the prototype; null when they fit. */
  @Nullable Rejection checkCall() {
    if (!env.program.funcInfo().isEmpty()) {
      throw env.unsupported("calls of functions with BTF");
    }
    return new Rejection(Errno.EINVAL);
  }
}

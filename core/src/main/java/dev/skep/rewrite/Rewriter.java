package dev.skep.rewrite;

import dev.skep.verify.VerifiedProgram;

/** The entry of the rewrites (the passes of bpf_check after do_check). */
public final class Rewriter {
  private Rewriter() {}

  public static RunnableProgram rewrite(VerifiedProgram verified) {
    throw new UnsupportedOperationException("rewrite of " + verified.program().name());
  }
}

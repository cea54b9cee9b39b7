package dev.skep.verify;

import dev.skep.program.Program;

/** The entry of the verifier (bpf_check). */
public final class Verifier {
  private Verifier() {}

  /** Judges one program; never throws for anything in the program. */
  public static Verdict verify(Program program, VerifierOptions options) {
    throw new UnsupportedOperationException("verifier of " + program.name() + options);
  }
}

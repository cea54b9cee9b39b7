package dev.skep.cli;

import dev.skep.explain.Explanation;
import dev.skep.program.Program;
import dev.skep.verify.VerifierOptions;
import org.jspecify.annotations.Nullable;

/**
 * What it takes to explain a rejection; nothing is done before it is asked for.
 *
 * @param program null where it could not be linked
 */
record Why(@Nullable Program program, VerifierOptions options) {
  /**
   * Verifies the program again to see why.
   *
   * @param message what it was rejected with
   */
  Explanation explain(String message) {
    Explanation explanation = program == null ? null : Explanation.of(program, options);
    // What the verifier itself accepts was rejected by a later stage.
    return explanation != null ? explanation : Explanation.ofMessage(message);
  }
}

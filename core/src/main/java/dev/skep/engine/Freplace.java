package dev.skep.engine;

/**
 * A function of a loaded program, for an extension (SEC("freplace")) to replace: while the link
 * exists, calls of the function reach the extension. An extension may be attached to several.
 *
 * @param program of the same engine
 * @param function a global function, or the program itself; it has the same type as the one that
 *     the extension was loaded for
 */
public record Freplace(LoadedProgram program, String function) implements AttachPoint {
  /** A function of a program. */
  public static Freplace of(LoadedProgram program, String function) {
    return new Freplace(program, function);
  }

  /** The main function of a program. */
  public static Freplace of(LoadedProgram program) {
    return new Freplace(program, program.program().name());
  }

  @Override
  public String describe() {
    return "function \"" + function + "\" of program \"" + program.program().name() + "\"";
  }
}

package dev.skep.interp;

/** Placeholder of the skeleton. */
public final class Interpreter {
  private Interpreter() {}
}

package dev.skep.tests.tailcalls;

import java.util.List;

/**
 * Programs that tail-call each other through arrays, as a model: what they are, not how they are
 * written. {@link TableRun} says what they do, {@link TableText} writes them as BPF.
 *
 * @param arraySizes slots of each program array
 * @param programs the first one is entered
 */
record Table(int[] arraySizes, List<Source> programs) {
  /**
   * A program.
   *
   * @param functions the first is the main one; the others are called by those before them
   */
  record Source(List<Function> functions) {}

  /**
   * A function: it has a sum, and returns it unless a tail call in it is taken.
   *
   * @param start the sum to begin with
   * @param contextHome where the context is kept: register 6 to 9, or 0 for the stack
   * @param sumHome where the sum is kept, another register, or 0 for the stack
   * @param stackBytes what the stack has besides, a multiple of 8
   */
  record Function(
      int start, int contextHome, int sumHome, int stackBytes, List<Statement> statements) {}

  /** What functions do. */
  sealed interface Statement {}

  /** Notes in the state that the program got here: trace = trace * 31 + number. */
  record Trace(int number) implements Statement {}

  /** sum = sum * 5 + number. */
  record Mix(int number) implements Statement {}

  /** sum = sum * 7 + what the function returns. */
  record Call(int function) implements Statement {}

  /** A tail call with one array and one key; only the lower half of a key counts. */
  record Jump(int array, long key) implements Statement {}

  /** A tail call whose key is the trace's lowest bits plus a number. */
  record ComputedJump(int array, int mask, int plus) implements Statement {}

  /** A tail call whose key has anything in its upper half. */
  record WideJump(int array, int key) implements Statement {}

  /** Calls a helper, whose result is left: one that is code, or one that is Java. */
  record Helper(boolean java) implements Statement {}

  /** A tail call through the first array where the trace is even, else through the second. */
  record ChoosingJump(int even, int odd, int key) implements Statement {}
}

package dev.skep.tests.tailcalls;

import dev.skep.tests.tailcalls.Table.Call;
import dev.skep.tests.tailcalls.Table.ChoosingJump;
import dev.skep.tests.tailcalls.Table.ComputedJump;
import dev.skep.tests.tailcalls.Table.Function;
import dev.skep.tests.tailcalls.Table.Helper;
import dev.skep.tests.tailcalls.Table.Jump;
import dev.skep.tests.tailcalls.Table.Mix;
import dev.skep.tests.tailcalls.Table.Source;
import dev.skep.tests.tailcalls.Table.Statement;
import dev.skep.tests.tailcalls.Table.Trace;
import dev.skep.tests.tailcalls.Table.WideJump;

/** What a run of a {@link Table} must do: the rules of tail calls in a few lines of Java. */
final class TableRun {
  private static final int BUDGET = 33;

  /** The program in each slot of each array, or -1. */
  private final int[][] slots;

  private final Table table;
  private final boolean wholeKeys;
  private long trace;
  private int taken;
  private long allTaken;

  /**
   * @param wholeKeys whether all of a key counts: the test before a tail call without privileges
   *     compares 64 bits
   */
  TableRun(Table table, int[][] slots, boolean wholeKeys) {
    this.wholeKeys = wholeKeys;
    this.table = table;
    this.slots = slots;
  }

  /** The result of entering the first program; the state goes on from the run before. */
  int enter() {
    taken = 0;
    return (int) run(table.programs().getFirst(), 0);
  }

  /** The word of the state that tells which way the runs went. */
  long trace() {
    return trace;
  }

  /** Tail calls taken in all runs. */
  long allTaken() {
    return allTaken;
  }

  private long run(Source source, int number) {
    Function function = source.functions().get(number);
    long sum = function.start();
    for (Statement statement : function.statements()) {
      int target = -1;
      switch (statement) {
        case Trace(int mark) -> trace = trace * 31 + mark;
        case Mix(int amount) -> sum = sum * 5 + amount;
        case Call(int callee) -> sum = sum * 7 + run(source, callee);
        case Jump(int array, long key) -> target = target(array, key);
        case ComputedJump(int array, int mask, int plus) ->
            target = target(array, (trace & mask) + plus);
        case WideJump(int array, int key) -> target = target(array, (trace << 32) + key);
        case Helper(boolean java) -> {}
        case ChoosingJump(int even, int odd, int key) ->
            target = target((trace & 1) == 0 ? even : odd, key);
      }
      if (target >= 0) {
        // The frame of this function is gone: the target's result is its caller's.
        return run(table.programs().get(target), 0);
      }
    }
    return sum;
  }

  /** The program that a tail call goes to, or -1 if it is not taken. */
  private int target(int array, long key) {
    int[] own = slots[array];
    long compared = wholeKeys ? key : Integer.toUnsignedLong((int) key);
    boolean inside = Long.compareUnsigned(compared, own.length) < 0;
    if (!inside || taken >= BUDGET || own[(int) key] < 0) {
      return -1;
    }
    taken++;
    allTaken++;
    return own[(int) key];
  }
}

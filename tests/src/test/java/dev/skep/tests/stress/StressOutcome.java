package dev.skep.tests.stress;

/**
 * The outcomes of a run, as numbers: a program that ends a run adds one to its outcome's counter
 * and returns {@link #BASE} plus it. So each result tells which program ended the run, and results
 * and counters must agree.
 */
final class StressOutcome {
  static final int BASE = 0x5eed00;
  static final int COUNT = 512;

  /** Slots of each of the two arrays, and programs that take turns in a slot. */
  static final int SLOTS = 16;

  static final int VARIANTS = 4;

  /** The slot whose programs tail call themselves until their budget is used up. */
  static final int LOOP_SLOT = SLOTS - 1;

  /** Slots of links, each of which tail calls the slot four further on. */
  static final int FIRST_LINK = 8;

  static final int LINK_DISTANCE = 4;

  private static final int FALL = 2 * SLOTS * VARIANTS;
  private static final int LINK_FALL = FALL + 16;
  private static final int LOOPED = LINK_FALL + SLOTS;

  /** Most executions of a program that tail calls itself, entered by a tail call. */
  static final int MOST_LOOPS = 33;

  /** The caller found its registers or its stack changed. */
  static final int CORRUPT = COUNT - 1;

  /** An extension was in a subprogram's place. */
  static final int EXTENSION = COUNT - 2;

  private StressOutcome() {}

  /** A program in a slot of array 0 or 1 ended the run. */
  static int callee(int array, int slot, int variant) {
    return (array * SLOTS + slot) * VARIANTS + variant;
  }

  /** The tail call of a kind of caller fell through. */
  static int fallThrough(StressCaller kind) {
    return FALL + kind.ordinal();
  }

  /** The tail call of a link in that slot fell through. */
  static int linkFallThrough(int slot) {
    return LINK_FALL + slot;
  }

  /** The self-calling program was executed that often. */
  static int looped(int executions) {
    return LOOPED + executions;
  }

  /** Whether a call through that slot may end so, the caller's own fall-through left out. */
  static boolean isAllowed(int outcome, int array, int slot) {
    if (outcome >= callee(array, slot, 0) && outcome < callee(array, slot, VARIANTS)) {
      return true;
    }
    if (array == 0 && isLink(slot)) {
      return outcome == linkFallThrough(slot) || isAllowed(outcome, 0, slot - LINK_DISTANCE);
    }
    return array == 0 && slot == LOOP_SLOT && outcome >= looped(1) && outcome <= looped(MOST_LOOPS);
  }

  /** Whether half of the programs of a slot of array 0 are links. */
  static boolean isLink(int slot) {
    return slot >= FIRST_LINK && slot < FIRST_LINK + LINK_DISTANCE;
  }
}

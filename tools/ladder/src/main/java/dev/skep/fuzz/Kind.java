package dev.skep.fuzz;

import java.util.Locale;

/** Where the program of a seed comes from. */
public enum Kind {
  /** Grown to be accepted and to run. */
  GROWN,
  /** Full of what gets rewritten, of many program types; loaded, not run. */
  REWRITES,
  /** Grown with operations that are spoilt on purpose. */
  SPOILT,
  /** A grown program or one of the rewrites, with a few instructions changed. */
  MUTATED,
  /** A program of an object, with a few instructions changed. */
  MUTATED_OBJECT;

  /** The name in tables and JSON. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}

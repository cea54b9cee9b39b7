package dev.skep.interp;

import org.jspecify.annotations.Nullable;

/** Finds the program that a slot of a program array points to. */
@FunctionalInterface
public interface ProgramTable {
  /** No program is ever found. */
  ProgramTable EMPTY = address -> null;

  /**
   * The program whose struct bpf_prog lies at an address that a slot holds; null counts as an empty
   * slot.
   */
  @Nullable InterpretedProgram at(long address);
}

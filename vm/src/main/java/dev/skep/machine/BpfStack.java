package dev.skep.machine;

/** Where the stack of the program is that runs on a CPU; asked by functions that it calls. */
@FunctionalInterface
public interface BpfStack {
  /** Of a CPU on which nothing was run yet. */
  BpfStack NONE = (address, bytes) -> false;

  /** Whether all of these bytes are on the stack of the present run. */
  boolean holds(long address, int bytes);
}

package dev.skep.map;

/** The timers in values of maps. */
@FunctionalInterface
public interface ValueTimers {
  ValueTimers NONE = address -> {};

  /** The value goes: the timer at that address is cancelled and forgotten, if there is one. */
  void free(long address);
}

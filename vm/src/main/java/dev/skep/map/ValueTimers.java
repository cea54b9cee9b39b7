package dev.skep.map;

/** The timers in values of maps. */
public interface ValueTimers {
  ValueTimers NONE =
      new ValueTimers() {
        @Override
        public void free(long address) {
          // There is none.
        }

        @Override
        public void end(long address) {
          // There is none.
        }
      };

  /**
   * The value goes, its memory stays: the timer at that address is cancelled and forgotten, if
   * there is one. Its callback may be running, and may wait for locks that the caller holds.
   */
  void free(long address);

  /** The value's memory goes: as {@link #free}, and the callback is not running afterwards. */
  void end(long address);
}

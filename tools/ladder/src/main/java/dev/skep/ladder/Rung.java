package dev.skep.ladder;

/** The rungs of the ladder of equivalence. */
public enum Rung {
  /** Accepted or rejected, and the errno. */
  VERDICT("L1", "verdict"),
  /** The last error line; for generated programs the counters as well. */
  REASON("L2", "reason"),
  /** Instructions walked, states in total, at the peak, and at most for one instruction. */
  COUNTERS("L2", "counters"),
  /** The whole log at level 1. */
  LOG_1("L2", "log1"),
  /** The whole log at level 2. */
  LOG("L2", "log2"),
  /** The rewritten instructions. */
  XLATED("L3", "xlated"),
  /** The machine code, addresses masked. */
  JITED("L4", "jited"),
  /** Results and maps of the interpreter. */
  INTERP("L5", "interp"),
  /** Results and maps of the JIT, in the userspace layout. */
  JIT("L5", "jit"),
  /** Results and maps of the JIT, in the kernel's layout. */
  JIT_KERNEL("L5", "jit-kernel");

  private final String level;
  private final String key;

  Rung(String level, String key) {
    this.level = level;
    this.key = key;
  }

  /** "L1" to "L5". */
  public String level() {
    return level;
  }

  /** Whether an engine of the same name runs the program. */
  public boolean runs() {
    return level.equals("L5");
  }

  /** The name in JSON and on the command line. */
  public String key() {
    return key;
  }
}

package dev.skep.ladder;

/** The rungs of the ladder of equivalence, as they are compared here. */
public enum Rung {
  /** L1: accepted or rejected, and the errno. */
  VERDICT,
  /** L2: the last error line and the counters. */
  REASON,
  /** L2: the whole log at level 2, with addresses masked. */
  LOG,
  /** L3: the rewritten instructions. */
  XLATED,
  /** L4: the machine code, addresses masked. */
  JITED,
  /** L5: results and maps of the interpreter. */
  INTERP,
  /** L5: results and maps of the JIT. */
  JIT
}

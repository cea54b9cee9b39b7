package dev.skep.run;

import dev.skep.errors.UnsupportedException;
import dev.skep.verify.InsnFacts;
import dev.skep.verify.RegType;

/**
 * Pointers that only a kernel keeps valid. The verifier lets programs follow some of a struct's
 * pointers without a check, as {@code task->real_parent}; in a process nothing stands behind them.
 */
final class KernelPointers {
  private KernelPointers() {}

  /** Refuses programs that load through such pointers. */
  static void check(InsnFacts facts) {
    for (int type : facts.pointerType) {
      if (RegType.base(type) == RegType.BTF_ID && (type & RegType.MEM_RCU) != 0) {
        throw new UnsupportedException("loads through kernel pointers inside a process");
      }
    }
  }
}

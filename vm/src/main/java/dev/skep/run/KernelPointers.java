package dev.skep.run;

import dev.skep.errors.UnsupportedException;
import dev.skep.program.MapSpec;
import dev.skep.program.SpecialFields;
import dev.skep.verify.InsnFacts;
import dev.skep.verify.RegType;
import dev.skep.verify.VerifiedProgram;

/**
 * What only a kernel keeps valid. The verifier lets programs follow some of a struct's pointers
 * without a check, as {@code task->real_parent}; in a process nothing stands behind them. Values of
 * maps that hold pointers, queued work or locks that may fail are plain bytes here, which anybody
 * may set.
 */
final class KernelPointers {
  private static final int NOT_KEPT =
      SpecialFields.KPTR
          | SpecialFields.UPTR
          | SpecialFields.WORKQUEUE
          | SpecialFields.TASK_WORK
          | SpecialFields.RES_SPIN_LOCK;

  private KernelPointers() {}

  /** Refuses programs that load through such pointers, or use such maps. */
  static void check(VerifiedProgram verified) {
    InsnFacts facts = verified.facts();
    for (int map : facts.loadedMap) {
      if (map >= 0) {
        check(verified.program().maps().get(map));
      }
    }
    for (int type : facts.pointerType) {
      if (RegType.base(type) == RegType.BTF_ID && (type & RegType.MEM_RCU) != 0) {
        throw new UnsupportedException("loads through kernel pointers inside a process");
      }
    }
  }

  private static void check(MapSpec map) {
    SpecialFields.Field field = SpecialFields.of(map, null).first(NOT_KEPT);
    if (field != null) {
      throw new UnsupportedException(
          "maps whose values hold " + field.name() + " inside a process");
    }
    MapSpec inner = map.inner();
    if (inner != null) {
      check(inner);
    }
  }
}

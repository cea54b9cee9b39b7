package dev.skep.map;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The kind of the programs that a map holds: nobody's until the first of them comes, then fixed.
 */
final class MapOwner {
  private final boolean attachTypes;
  private final AtomicReference<@Nullable ProgramOwner> owner = new AtomicReference<>();

  /**
   * @param attachTypes whether expected attach types are compared, as in program arrays
   */
  MapOwner(boolean attachTypes) {
    this.attachTypes = attachTypes;
  }

  /** Whether a program fits, which the first one always does (bpf_prog_map_compatible). */
  boolean accept(MapProgram program) {
    if (program.overridesReturn()) {
      return false;
    }
    ProgramOwner present = owner.get();
    if (present == null) {
      present = owner.compareAndExchange(null, program.owner());
      if (present == null) {
        return true;
      }
    }
    return present.admits(program.owner(), program.reachesTailCall(), attachTypes);
  }
}

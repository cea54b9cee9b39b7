package dev.skep.map;

import dev.skep.program.MapSpec;
import dev.skep.program.layout.BpfArrayLayout;

/**
 * How much memory program arrays of a runtime have.
 *
 * @param targets whether the slots' cached targets lie behind them: where tail calls enter machine
 *     code at an offset. The offset 0 is the interpreter's, which reads none
 * @param guarded whether room is rounded up to a power of two of slots, so that an index that is
 *     masked stays inside: for loaders that do not bypass Spectre v1
 */
public record ProgArrayStorage(boolean targets, boolean guarded) {
  /** Slots only, as many as elements. */
  public static final ProgArrayStorage PLAIN = new ProgArrayStorage(false, false);

  private static final long MOST = 0xffff_ffffL;

  /** Slots that have room, or -1 where there are more than a u32 counts. */
  long slots(MapSpec spec) {
    long entries = Integer.toUnsignedLong(spec.maxEntries());
    long slots = !guarded || entries == 1 ? entries : Long.highestOneBit(entries - 1) << 1;
    return slots > MOST ? -1 : slots;
  }

  /** Bytes of the block. */
  long blockSize(MapSpec spec) {
    return BpfArrayLayout.PTRS + 8 * slots(spec) * (targets ? 2 : 1);
  }
}

package dev.skep.jit.x64;

import dev.skep.natives.PerCpuRegion;

/**
 * What compiled code keeps at the start of a CPU's area, behind the fields of {@link PerCpuRegion}.
 * Byte offsets, reached by gs.
 *
 * <pre>
 *    128           136      144
 *   +-------------+--------+--------+ 152
 *   | entry frame | failed | random |
 *   +-------------+--------+--------+
 * </pre>
 */
final class PerCpuHeader {
  /** u64, stack pointer of the innermost entry: where a run that cannot go on is ended. */
  static final int ENTRY_FRAME = PerCpuRegion.RUNTIME_OFFSET;

  /** u32, not 0 after a function in Java threw. */
  static final int FAILED = PerCpuRegion.RUNTIME_OFFSET + 8;

  /** u64, state of the random numbers, never 0. */
  static final int RANDOM = PerCpuRegion.RUNTIME_OFFSET + 16;

  private PerCpuHeader() {}
}

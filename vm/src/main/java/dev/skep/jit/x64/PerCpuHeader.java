package dev.skep.jit.x64;

import dev.skep.natives.PerCpuRegion;

/**
 * What compiled code keeps at the start of a CPU's area, behind the fields of {@link PerCpuRegion}.
 * Byte offsets, reached by gs.
 *
 * <pre>
 *    128           136      144      152           160           168
 *   +-------------+--------+--------+-------------+-------------+------------+ 176
 *   | entry frame | failed | random | stack owner | stack limit | call frame |
 *   +-------------+--------+--------+-------------+-------------+------------+
 * </pre>
 */
final class PerCpuHeader {
  /** u64, stack pointer of the innermost entry: where a run that cannot go on is ended. */
  static final int ENTRY_FRAME = PerCpuRegion.RUNTIME_OFFSET;

  /** u32, {@link #THREW} or {@link #NO_STACK} when a run ended early, else 0. */
  static final int FAILED = PerCpuRegion.RUNTIME_OFFSET + 8;

  /** A function in Java threw. */
  static final int THREW = 1;

  /** The run did not begin: the stack pointer was below the limit, or of another thread. */
  static final int NO_STACK = 2;

  /** u64, state of the random numbers, never 0. */
  static final int RANDOM = PerCpuRegion.RUNTIME_OFFSET + 16;

  /** u64, fs base of the thread whose stack was measured last. */
  static final int STACK_OWNER = PerCpuRegion.RUNTIME_OFFSET + 24;

  /** u64, the lowest stack pointer at which a guarded run may begin on that thread. */
  static final int STACK_LIMIT = PerCpuRegion.RUNTIME_OFFSET + 32;

  /** u64, stack pointer of the last call of a function in Java: the program's stack is above. */
  static final int CALL_FRAME = PerCpuRegion.RUNTIME_OFFSET + 40;

  private PerCpuHeader() {}
}

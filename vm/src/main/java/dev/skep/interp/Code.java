package dev.skep.interp;

import dev.skep.machine.BpfFunction;
import org.jspecify.annotations.Nullable;

/**
 * A program decoded for the interpreter: one entry per slot in each array, and one more that
 * catches running off the end.
 */
final class Code {
  /** Frames are aligned to this many bytes. */
  static final int FRAME_ALIGNMENT = 16;

  final String name;

  /**
   * Whether the rewrites made it. They tell the JIT where the upper half of R0 must be cleared
   * after a 32-bit cmpxchg: x86 does not touch the register when the exchange succeeds. The kernel
   * misses rare places where the half is read; to have its results the interpreter does as x86.
   * Code as it was written gets the old value zero-extended (RFC 9669 section 5.3).
   */
  final boolean rewritten;

  /** {@link Ops}. */
  final byte[] op;

  final byte[] dst;

  /** Register of the second operand, {@link Ops#CONSTANT} for a constant. */
  final byte[] src;

  /**
   * Offset of a memory access; index of the target of a jump or call; key of a direct tail call.
   */
  final int[] off;

  /**
   * Constant, sign-extended; of an atomic its operation; of a local call the callee's frame size;
   * of a call of a replaced function the index into {@link #extensions}; of a function call the
   * index into {@link #functions}; of a direct tail call the map's address.
   */
  final long[] imm;

  final BpfFunction[] functions;

  /** The programs that stand in for functions of this one. */
  Code[] extensions = {};

  /** Sees each step, null for programs that nobody watches. */
  @Nullable StepObserver observer;

  /** Frame size by index of a function's first instruction, -1 elsewhere. */
  final int[] frameSizes;

  Code(String name, boolean rewritten, int slots, BpfFunction[] functions, int[] frameSizes) {
    this.name = name;
    this.rewritten = rewritten;
    this.functions = functions;
    this.frameSizes = frameSizes;
    op = new byte[slots + 1];
    dst = new byte[slots + 1];
    src = new byte[slots + 1];
    off = new int[slots + 1];
    imm = new long[slots + 1];
    op[slots] = Ops.UNREACHABLE;
  }
}

package dev.skep.verify;

import java.util.Arrays;

/**
 * One call frame (struct bpf_func_state): 11 registers and the stack slots touched so far.
 *
 * <p>Slot {@code spi} covers the bytes {@code fp - 8 * (spi + 1)} up to {@code fp - 8 * spi}; its
 * spilled register is the {@link Reg} at {@code spi * Reg.STRIDE} of {@link #spilled}.
 */
final class Frame {
  private static final long[] NO_LONGS = {};

  /** Registers r0..r10, {@link Reg#STRIDE} longs each. */
  final long[] regs = new long[Reg.COUNT * Reg.STRIDE];

  /** Bytes of stack known so far, a multiple of 8 (allocated_stack). */
  int allocatedStack;

  /** {@link StackSlot} types of each slot; at least {@code allocatedStack / 8} long. */
  long[] slotTypes = NO_LONGS;

  /** Spilled registers of the slots. */
  long[] spilled = NO_LONGS;

  /** The call instruction in the caller, -1 for the main frame (BPF_MAIN_FUNC). */
  int callsite = -1;

  int frameno;
  int subprogno;

  /** How many times an asynchronous callback was entered. */
  int asyncEntryCount;

  boolean inCallback;
  boolean inAsyncCallback;
  boolean inExceptionCallback;

  /** Values that a callback may return. */
  int callbackRetMin;

  int callbackRetMax;

  /** Completed simulations of a callback that this frame called (bpf_loop). */
  int callbackDepth;

  int slots() {
    return allocatedStack / 8;
  }

  static int reg(int regno) {
    return regno * Reg.STRIDE;
  }

  static int spill(int spi) {
    return spi * Reg.STRIDE;
  }

  /** Makes at least {@code bytes} bytes of stack known; new bytes are INVALID. */
  void grow(int bytes) {
    int wanted = (bytes + 7) / 8;
    if (wanted <= slots()) {
      return;
    }
    if (wanted > slotTypes.length) {
      int room = Math.min(64, Math.max(wanted, slotTypes.length * 2));
      room = Math.max(room, wanted);
      slotTypes = Arrays.copyOf(slotTypes, room);
      spilled = Arrays.copyOf(spilled, room * Reg.STRIDE);
    }
    allocatedStack = wanted * 8;
  }

  Frame copy() {
    Frame copy = new Frame();
    System.arraycopy(regs, 0, copy.regs, 0, regs.length);
    int slots = slots();
    if (slots > 0) {
      copy.slotTypes = Arrays.copyOf(slotTypes, slots);
      copy.spilled = Arrays.copyOf(spilled, slots * Reg.STRIDE);
    }
    copy.allocatedStack = allocatedStack;
    copy.callsite = callsite;
    copy.frameno = frameno;
    copy.subprogno = subprogno;
    copy.asyncEntryCount = asyncEntryCount;
    copy.inCallback = inCallback;
    copy.inAsyncCallback = inAsyncCallback;
    copy.inExceptionCallback = inExceptionCallback;
    copy.callbackRetMin = callbackRetMin;
    copy.callbackRetMax = callbackRetMax;
    copy.callbackDepth = callbackDepth;
    return copy;
  }
}

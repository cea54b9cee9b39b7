package dev.skep.verify;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One call frame (struct bpf_func_state): 11 registers and the stack slots touched so far.
 *
 * <p>Slot {@code spi} covers the bytes {@code fp - 8 * (spi + 1)} up to {@code fp - 8 * spi}; its
 * spilled register is the {@link Reg} at {@link #spill} of {@link #spilled}.
 *
 * <p>Copies share what they have in common. Slots are kept in chunks of {@link #CHUNK}, and a chunk
 * is copied when one of the frames that share it asks for it to write. So an array that {@link
 * #spilled} gave must not be written any more after the state was copied; it is asked for again.
 *
 * <pre>
 *   chunk   words 0..47    4 spilled registers
 *           words 48..51   their StackSlot types
 * </pre>
 */
final class Frame {
  private static final int CHUNK_SHIFT = 2;

  /** Slots that are shared or copied together. */
  private static final int CHUNK = 1 << CHUNK_SHIFT;

  private static final int TYPES = CHUNK * Reg.STRIDE;

  /** Slots of which nothing is known; owned by no frame. */
  private static final long[] UNTOUCHED = new long[TYPES + CHUNK];

  private static final long[][] NO_CHUNKS = {};

  /** Registers r0..r10, {@link Reg#STRIDE} longs each. */
  final long[] regs;

  /** Bytes of stack known so far, a multiple of 8 (allocated_stack). */
  int allocatedStack;

  private long[][] chunks = NO_CHUNKS;

  private long touched;
  private long spills;

  /** A bit for each chunk that no other frame has. */
  private int owned;

  /** Whether several states have this very frame, so that none may change it. */
  private boolean shared;

  /** Of a frame that is shared: nothing in it is precise. */
  boolean imprecise;

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

  /** What {@link LiveStack} keeps for the calls that led here, once it was asked. */
  LiveStack.@Nullable Instance live;

  Frame() {
    regs = new long[Reg.COUNT * Reg.STRIDE];
  }

  private Frame(long[] regs) {
    this.regs = regs;
  }

  int slots() {
    return allocatedStack / 8;
  }

  static int reg(int regno) {
    return regno * Reg.STRIDE;
  }

  /** Where a slot's register lies in the array that {@link #spilled} gives for the slot. */
  static int spill(int spi) {
    return (spi & CHUNK - 1) * Reg.STRIDE;
  }

  /** The array that holds a slot's spilled register, to be read and written. */
  long[] spilled(int spi) {
    return own(spi >> CHUNK_SHIFT);
  }

  /** The same, only to be read: other frames may have it too. */
  long[] spilledView(int spi) {
    int chunk = spi >> CHUNK_SHIFT;
    return chunk < chunks.length ? chunks[chunk] : UNTOUCHED;
  }

  /** {@link StackSlot} types of a slot's bytes. */
  long types(int spi) {
    return chunks[spi >> CHUNK_SHIFT][TYPES + (spi & CHUNK - 1)];
  }

  void setTypes(int spi, long types) {
    own(spi >> CHUNK_SHIFT)[TYPES + (spi & CHUNK - 1)] = types;
    long bit = 1L << spi;
    touched = types != StackSlot.ALL_INVALID ? touched | bit : touched & ~bit;
    spills = StackSlot.isSpilled(types) ? spills | bit : spills & ~bit;
  }

  /** A bit for each slot whose bytes are not all INVALID. */
  long touched() {
    return touched;
  }

  /** A bit for each slot that holds a register ({@link StackSlot#isSpilled}). */
  long spills() {
    return spills;
  }

  private long[] own(int chunk) {
    long[] words = chunks[chunk];
    if ((owned >>> chunk & 1) == 0) {
      words = words.clone();
      chunks[chunk] = words;
      owned |= 1 << chunk;
    }
    return words;
  }

  /** Makes at least {@code bytes} bytes of stack known; new bytes are INVALID. */
  void grow(int bytes) {
    int wanted = (bytes + 7) / 8;
    if (wanted <= slots()) {
      return;
    }
    int have = chunks.length;
    int need = (wanted + CHUNK - 1) / CHUNK;
    if (need > have) {
      chunks = Arrays.copyOf(chunks, need);
      Arrays.fill(chunks, have, need, UNTOUCHED);
    }
    allocatedStack = wanted * 8;
  }

  /** A frame that is changed without this one changing; the chunks are shared until then. */
  Frame copy() {
    Frame copy = new Frame(regs.clone());
    if (chunks.length > 0) {
      copy.chunks = chunks.clone();
      owned = 0;
    }
    copy.touched = touched;
    copy.spills = spills;
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
    copy.live = live;
    return copy;
  }

  /** This frame, for another state too. */
  Frame share() {
    shared = true;
    return this;
  }

  boolean isShared() {
    return shared;
  }
}

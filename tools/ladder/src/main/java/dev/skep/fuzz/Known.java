package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;
import java.util.Arrays;

/** What the generator knows at one point of a function: registers r0..r9 and the own stack. */
final class Known {
  /** Bytes of stack that a generated function uses. */
  static final int STACK_BYTES = 96;

  private static final int SLOTS = STACK_BYTES / 8;

  final Value[] regs = new Value[10];

  /** Bytes written with scalars; index 0 is the byte at fp-1. */
  final boolean[] written = new boolean[STACK_BYTES];

  /** Pointers spilled, by slot; index 0 is fp-8. */
  final Value[] spilled = new Value[SLOTS];

  Known() {
    Arrays.fill(regs, Value.UNSET);
    Arrays.fill(spilled, Value.UNSET);
  }

  Known(Known other) {
    this();
    set(other);
  }

  void set(Known other) {
    System.arraycopy(other.regs, 0, regs, 0, regs.length);
    System.arraycopy(other.written, 0, written, 0, written.length);
    System.arraycopy(other.spilled, 0, spilled, 0, spilled.length);
  }

  /** Keeps what holds on both paths. */
  void join(Known other) {
    for (int i = 0; i < regs.length; i++) {
      regs[i] = regs[i].join(other.regs[i]);
    }
    for (int i = 0; i < written.length; i++) {
      written[i] &= other.written[i];
    }
    for (int i = 0; i < spilled.length; i++) {
      spilled[i] = spilled[i].join(other.spilled[i]);
    }
  }

  /** Whether {@code bytes} bytes at fp+off hold scalars. */
  boolean isWritten(int off, int bytes) {
    for (int i = 0; i < bytes; i++) {
      if (!written[-off - 1 - i]) {
        return false;
      }
    }
    return true;
  }

  /** Notes a store of a scalar; a pointer that it hits is gone. */
  void write(int off, int bytes) {
    for (int i = 0; i < bytes; i++) {
      written[-off - 1 - i] = true;
    }
    for (int slot = (-off - bytes) / 8; slot <= (-off - 1) / 8; slot++) {
      if (spilled[slot].isPointer()) {
        spilled[slot] = Value.UNSET;
        // What is left of the pointer must not be read as a number.
        for (int i = 8 * slot; i < 8 * slot + 8; i++) {
          written[i] = -off - 1 - bytes < i && i <= -off - 1;
        }
      }
    }
  }

  /** Notes the spill of a pointer at fp+off. */
  void spill(int off, Value pointer) {
    int slot = -off / 8 - 1;
    spilled[slot] = pointer;
    Arrays.fill(written, 8 * slot, 8 * slot + 8, false);
  }

  /** Forgets what a call clobbers. */
  void call() {
    Arrays.fill(regs, 0, 6, Value.UNSET);
  }

  /** Forgets packet pointers, as after a helper that moves the packet. */
  void packetMoved() {
    for (int i = 0; i < regs.length; i++) {
      if (regs[i].is(Kind.PACKET)) {
        regs[i] = Value.UNSET;
      }
    }
    for (int i = 0; i < spilled.length; i++) {
      if (spilled[i].is(Kind.PACKET)) {
        spilled[i] = Value.UNSET;
      }
    }
  }
}

package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;

/** Atomic operations on the stack and on map values (RFC 9669 section 5.3, and Linux's own). */
final class AtomicOps {
  private static final int FP = 10;
  private static final int FETCH = 0x01;
  private static final int XCHG = 0xe1;
  private static final int CMPXCHG = 0xf1;
  private static final int LOAD_ACQUIRE = 0x100;
  private static final int STORE_RELEASE = 0x110;

  private AtomicOps() {}

  static void operation(FunctionGenerator f) {
    int pointer = f.pick(f.dice.percent(70) ? Kind.REGION : Kind.FRAME, false);
    if (pointer >= 0 && f.known.regs[pointer].bound() >= 8 && f.dice.percent(70)) {
      int bytes = f.dice.pick(4, 8);
      // The pointer may itself be unaligned; x86-64 allows that, so the offset alone is aligned.
      int off = bytes * f.dice.below(f.known.regs[pointer].bound() / bytes);
      apply(f, pointer, off, bytes);
      return;
    }
    int bytes = f.dice.pick(4, 8);
    int off = StackOps.offset(f, bytes);
    if (off >= 0 || off < -Known.STACK_BYTES || off % bytes != 0) {
      return;
    }
    if (!f.known.isWritten(off, bytes)) {
      f.code.storeImm(bytes, FP, off, f.dice.immediate());
      f.known.write(off, bytes);
    }
    apply(f, FP, off, bytes);
  }

  private static void apply(FunctionGenerator f, int pointer, int off, int bytes) {
    Value before = pointer == FP ? Value.UNSET : f.known.regs[pointer];
    int src = f.changeableScalar();
    if (pointer != FP && !f.known.regs[pointer].equals(before)) {
      return;
    }
    switch (f.dice.below(6)) {
      case 0, 1 -> f.code.atomic(bytes, pointer, src, off, f.dice.pick(0x00, 0x40, 0x50, 0xa0));
      case 2, 3 -> {
        int operation = f.dice.pick(0x00 | FETCH, 0x40 | FETCH, 0x50 | FETCH, 0xa0 | FETCH, XCHG);
        f.code.atomic(bytes, pointer, src, off, operation);
        f.set(src, Value.SCALAR);
      }
      case 4 -> {
        if (f.known.regs[0].is(Kind.SCALAR) && !f.isLocked(0)) {
          f.code.atomic(bytes, pointer, src, off, CMPXCHG);
          f.set(0, Value.SCALAR);
        }
      }
      default -> ordered(f, pointer, off, bytes, src);
    }
  }

  private static void ordered(FunctionGenerator f, int pointer, int off, int bytes, int src) {
    if (f.dice.percent(50)) {
      f.code.atomic(bytes, src, pointer, off, LOAD_ACQUIRE);
      f.set(src, Value.SCALAR);
    } else {
      f.code.atomic(bytes, pointer, src, off, STORE_RELEASE);
    }
  }
}

package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;

/** Stores and loads of the own stack: all sizes, spills of pointers, variable offsets. */
final class StackOps {
  private static final int FP = 10;

  private StackOps() {}

  static void operation(FunctionGenerator f) {
    switch (f.dice.below(10)) {
      case 0, 1, 2 -> store(f);
      case 3, 4, 5 -> load(f);
      case 6 -> spill(f);
      case 7 -> fill(f);
      case 8 -> pointer(f);
      default -> variable(f);
    }
  }

  private static int size(FunctionGenerator f) {
    return f.dice.pick(1, 2, 4, 8, 8, 8);
  }

  /** An aligned offset for that many bytes. */
  static int offset(FunctionGenerator f, int bytes) {
    if (f.wild()) {
      return f.dice.between(-600, 40);
    }
    int slots = Known.STACK_BYTES / bytes;
    int used = f.dice.percent(70) ? Math.max(1, slots / 3) : slots;
    return -bytes * f.dice.between(1, used);
  }

  private static boolean inside(int off, int bytes) {
    return off < 0 && off >= -Known.STACK_BYTES && off + bytes <= 0;
  }

  private static void store(FunctionGenerator f) {
    int bytes = size(f);
    int off = offset(f, bytes);
    if (f.dice.percent(70)) {
      f.code.store(bytes, FP, f.scalar(), off);
    } else {
      f.code.storeImm(bytes, FP, off, f.dice.immediate());
    }
    if (inside(off, bytes)) {
      f.known.write(off, bytes);
    }
  }

  private static void load(FunctionGenerator f) {
    int bytes = size(f);
    int off = offset(f, bytes);
    for (int i = 0; i < 12 && inside(off, bytes) && !f.known.isWritten(off, bytes); i++) {
      off = offset(f, bytes);
    }
    if (inside(off, bytes) && !f.known.isWritten(off, bytes)) {
      f.code.storeImm(bytes, FP, off, f.dice.immediate());
      f.known.write(off, bytes);
    }
    int dst = f.writable();
    if (bytes < 8 && f.dice.percent(30)) {
      f.code.loadSigned(bytes, dst, FP, off);
      f.set(dst, Value.SCALAR);
    } else {
      f.code.load(bytes, dst, FP, off);
      f.set(dst, loaded(bytes));
    }
  }

  /** What a load of that size from memory gives. */
  static Value loaded(int bytes) {
    return switch (bytes) {
      case 1 -> Value.upTo(255);
      case 2 -> Value.upTo(65535);
      default -> Value.SCALAR;
    };
  }

  private static void spill(FunctionGenerator f) {
    for (int i = 0; i < 4; i++) {
      int reg = f.dice.below(10);
      Value value = f.known.regs[reg];
      if (value.isPointer()) {
        int off = -8 * f.dice.between(1, Known.STACK_BYTES / 8);
        f.code.store(8, FP, reg, off);
        f.known.spill(off, value);
        return;
      }
    }
    store(f);
  }

  private static void fill(FunctionGenerator f) {
    int start = f.dice.below(f.known.spilled.length);
    for (int i = 0; i < f.known.spilled.length; i++) {
      int slot = (start + i) % f.known.spilled.length;
      if (f.known.spilled[slot].isPointer()) {
        int dst = f.writable();
        f.code.load(8, dst, FP, -8 * (slot + 1));
        f.set(dst, f.known.spilled[slot]);
        return;
      }
    }
    load(f);
  }

  /** A pointer into the stack, and an access through it. */
  private static void pointer(FunctionGenerator f) {
    int dst = f.scratch();
    if (dst < 0) {
      return;
    }
    int off = -8 * f.dice.between(1, Known.STACK_BYTES / 8);
    f.code.mov(dst, FP);
    f.code.add(dst, off);
    f.set(dst, Value.stack(off));
    access(f, dst);
  }

  /** Stores or loads through a register that points into the own stack. */
  static void access(FunctionGenerator f, int pointer) {
    int base = f.known.regs[pointer].bound();
    int bytes = size(f);
    int off = offset(f, bytes);
    if (!inside(off, bytes)) {
      return;
    }
    if (f.known.isWritten(off, bytes) && f.dice.percent(50)) {
      int dst = f.writable();
      f.code.load(bytes, dst, pointer, off - base);
      f.set(dst, loaded(bytes));
    } else {
      int src = f.scalar();
      // Making a scalar may have taken the pointer's register.
      if (f.known.regs[pointer].equals(Value.stack(base))) {
        f.code.store(bytes, pointer, src, off - base);
        f.known.write(off, bytes);
      }
    }
  }

  /** An access at a variable offset within bytes that are all written. */
  private static void variable(FunctionGenerator f) {
    int bytes = f.dice.pick(8, 16);
    int base = -8 * f.dice.between(bytes / 8, Known.STACK_BYTES / 8);
    for (int off = base; off < base + bytes; off += 8) {
      if (!f.known.isWritten(off, 8)) {
        f.code.storeImm(8, FP, off, f.dice.immediate());
        f.known.write(off, 8);
      }
    }
    int index = ScalarOps.index(f, bytes - 1);
    int dst = f.scratch(index);
    if (dst < 0) {
      return;
    }
    f.code.mov(dst, FP);
    f.code.add(dst, f.wild() ? f.dice.between(-600, 0) : base);
    f.code.addReg(dst, index);
    if (f.dice.percent(60)) {
      f.code.load(1, dst, dst, 0);
      f.set(dst, Value.upTo(255));
    } else {
      f.set(dst, Value.UNSET);
      int src = f.pick(Kind.SCALAR, false);
      if (src >= 0) {
        f.code.store(1, dst, src, 0);
      }
    }
  }

  /** Makes {@code bytes} bytes at fp+off defined; {@code off} is a multiple of 8. */
  static void define(FunctionGenerator f, int off, int bytes) {
    for (int at = off; at < off + bytes; at += 8) {
      int part = Math.min(8, off + bytes - at);
      if (f.known.isWritten(at, part)) {
        continue;
      }
      int src = f.dice.percent(50) ? f.pick(Kind.SCALAR, false) : -1;
      if (src >= 0) {
        f.code.store(8, FP, src, at);
      } else {
        f.code.storeImm(8, FP, at, f.dice.immediate());
      }
      f.known.write(at, 8);
    }
  }
}

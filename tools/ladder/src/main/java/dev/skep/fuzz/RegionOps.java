package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;

/** Accesses through pointers to map values, packets and the caller's stack. */
final class RegionOps {
  private RegionOps() {}

  static void operation(FunctionGenerator f) {
    int pointer = -1;
    for (int i = 0; i < 4 && pointer < 0; i++) {
      int choice = f.dice.below(3);
      pointer = f.pick(choice == 0 ? Kind.REGION : choice == 1 ? Kind.PACKET : Kind.FRAME, false);
    }
    if (pointer < 0) {
      int own = f.pick(Kind.STACK, false);
      if (own >= 0) {
        StackOps.access(f, own);
      } else {
        ScalarOps.operation(f);
      }
      return;
    }
    access(f, pointer);
  }

  /** One load, store or pointer move within the bytes behind {@code pointer}. */
  static void access(FunctionGenerator f, int pointer) {
    Value value = f.known.regs[pointer];
    int bytes = f.dice.pick(1, 2, 4, 8);
    if (value.bound() < bytes) {
      return;
    }
    int off = f.dice.below(value.bound() - bytes + 1);
    if (value.is(Kind.FRAME)) {
      off = off / bytes * bytes;
    }
    if (f.wild()) {
      off += f.dice.between(-9, 9);
    }
    switch (f.dice.below(8)) {
      case 0, 1, 2 -> {
        int dst = f.writable();
        boolean signed = bytes < 8 && f.dice.percent(25);
        if (signed) {
          f.code.loadSigned(bytes, dst, pointer, off);
        } else {
          f.code.load(bytes, dst, pointer, off);
        }
        f.set(dst, signed ? Value.SCALAR : StackOps.loaded(bytes));
      }
      case 3, 4, 5 -> {
        if (value.is(Kind.PACKET) && !f.plan.facts.writesPacket() && !f.wild()) {
          return;
        }
        if (f.dice.percent(33)) {
          f.code.storeImm(bytes, pointer, off, f.dice.immediate());
          return;
        }
        int src = f.scalar();
        if (f.known.regs[pointer].equals(value)) {
          f.code.store(bytes, pointer, src, off);
        }
      }
      case 6 -> move(f, pointer, off);
      default -> variable(f, pointer);
    }
  }

  /** A copy of the pointer, moved by a constant. */
  private static void move(FunctionGenerator f, int pointer, int off) {
    int dst = f.scratch(pointer);
    Value value = f.known.regs[pointer];
    if (dst < 0 || off < 0 || off > value.bound() || value.is(Kind.FRAME) && off % 8 != 0) {
      return;
    }
    f.code.mov(dst, pointer);
    if (off != 0) {
      f.code.add(dst, off);
    }
    f.set(dst, new Value(value.kind(), value.bound() - off));
  }

  /** An access at a bounded variable offset; packets need a new check for that. */
  private static void variable(FunctionGenerator f, int pointer) {
    Value value = f.known.regs[pointer];
    if (!value.is(Kind.REGION) || value.bound() < 2) {
      return;
    }
    int index = ScalarOps.index(f, value.bound() - 1);
    int dst = f.scratch(index, pointer);
    if (dst < 0 || !f.known.regs[pointer].equals(value)) {
      return;
    }
    f.code.mov(dst, pointer);
    f.code.addReg(dst, index);
    f.set(dst, Value.region(value.bound() - f.known.regs[index].bound()));
  }
}

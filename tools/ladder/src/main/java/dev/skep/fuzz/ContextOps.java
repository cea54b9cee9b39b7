package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;
import dev.skep.program.ProgramType;

/** Reads and writes of context fields that test_run fills the same way everywhere. */
final class ContextOps {
  // struct __sk_buff.
  private static final int[] SKB_WORDS = {
    0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 84, 160, 164, 176
  };
  private static final int[] SKB_WRITES = {8, 12, 32, 44, 48, 52, 56, 60, 64, 72};
  private static final int CB = 48;
  private static final int TSTAMP = 152;
  private static final int WIRE_LEN = 160;

  // struct xdp_md.
  private static final int[] XDP_WORDS = {12, 16};

  private ContextOps() {}

  static void operation(FunctionGenerator f) {
    int context = f.pick(Kind.CONTEXT, false);
    if (context < 0) {
      ScalarOps.operation(f);
      return;
    }
    if (f.plan.type == ProgramType.XDP) {
      int dst = f.writable();
      f.code.load(4, dst, context, f.wild() ? f.dice.between(-8, 40) : f.dice.pick(XDP_WORDS));
      f.set(dst, Value.SCALAR);
    } else if (f.dice.percent(25)) {
      write(f, context);
    } else {
      read(f, context);
    }
  }

  private static void read(FunctionGenerator f, int context) {
    int dst = f.writable();
    if (f.dice.percent(10)) {
      f.code.load(8, dst, context, f.dice.pick(CB, CB + 8));
      f.set(dst, Value.SCALAR);
      return;
    }
    int bytes = f.dice.pick(1, 2, 4, 4, 4);
    int field = f.dice.pick(SKB_WORDS);
    if (field == WIRE_LEN && f.plan.type == ProgramType.SOCKET_FILTER) {
      field = 0;
    }
    int off = field + (bytes == 4 ? 0 : bytes * f.dice.below(4 / bytes));
    if (f.wild()) {
      off = f.dice.between(-4, 200);
    }
    f.code.load(bytes, dst, context, off);
    f.set(dst, StackOps.loaded(bytes));
  }

  private static void write(FunctionGenerator f, int context) {
    boolean classifier = f.plan.type == ProgramType.SCHED_CLS;
    if (f.wild()) {
      f.code.store(f.dice.pick(1, 2, 4, 8), context, f.scalar(), f.dice.between(0, 192));
      return;
    }
    if (classifier && f.dice.percent(10)) {
      f.code.store(8, context, f.scalar(), TSTAMP);
    } else if (classifier && f.dice.percent(60)) {
      storeWord(f, context, f.dice.pick(SKB_WRITES));
    } else {
      int bytes = f.dice.pick(1, 2, 4, 8);
      int off = CB + bytes * f.dice.below((bytes == 8 ? 16 : 20) / bytes);
      int src = f.scalar();
      if (f.known.regs[context].is(Kind.CONTEXT)) {
        f.code.store(bytes, context, src, off);
      }
    }
  }

  private static void storeWord(FunctionGenerator f, int context, int off) {
    if (f.dice.percent(20)) {
      f.code.storeImm(4, context, off, f.dice.immediate());
      return;
    }
    int src = f.scalar();
    if (f.known.regs[context].is(Kind.CONTEXT)) {
      f.code.store(4, context, src, off);
    }
  }
}

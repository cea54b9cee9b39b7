package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;
import dev.skep.program.ContextLayout;
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

  // struct xdp_md.
  private static final int[] XDP_WORDS = {12, 16};

  /** Bytes of context that generated syscall programs use. */
  static final int SYSCALL_BYTES = 64;

  /** Bytes of struct pt_regs and of a raw tracepoint's arguments that are read. */
  private static final int WORDS_BYTES = 96;

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
    } else if (f.plan.type == ProgramType.SYSCALL) {
      plain(f, context);
    } else if (f.dice.percent(25)) {
      write(f, context);
    } else {
      read(f, context);
    }
  }

  /** A context that is plain memory. */
  private static void plain(FunctionGenerator f, int context) {
    int bytes = f.dice.pick(1, 2, 4, 8);
    int off = f.wild() ? f.dice.between(-4, 80) : bytes * f.dice.below(SYSCALL_BYTES / bytes);
    if (f.dice.percent(60)) {
      int dst = f.writable();
      f.code.load(bytes, dst, context, off);
      f.set(dst, StackOps.loaded(bytes));
    } else {
      int src = f.scalar();
      if (f.known.regs[context].is(Kind.CONTEXT)) {
        f.code.store(bytes, context, src, off);
      }
    }
  }

  private static boolean reads(FunctionGenerator f, int off, int bytes) {
    ContextLayout layout = f.plan.facts.layout;
    return layout != null && layout.read(off, bytes) == ContextLayout.Value.SCALAR;
  }

  private static void read(FunctionGenerator f, int context) {
    for (int tries = 0; tries < 12; tries++) {
      int bytes = f.dice.pick(1, 2, 4, 4, 4, 8);
      int off = field(f, bytes);
      if (!f.wild() && !reads(f, off, bytes)) {
        continue;
      }
      int dst = f.writable();
      f.code.load(bytes, dst, context, off);
      f.set(dst, StackOps.loaded(bytes));
      return;
    }
    ScalarOps.operation(f);
  }

  private static int field(FunctionGenerator f, int bytes) {
    if (f.wild()) {
      return f.dice.between(-4, 200);
    }
    if (f.plan.facts.isSkb()) {
      int field = bytes == 8 ? f.dice.pick(CB, CB + 8) : f.dice.pick(SKB_WORDS);
      return field + (bytes >= 4 ? 0 : bytes * f.dice.below(4 / bytes));
    }
    return bytes * f.dice.below(WORDS_BYTES / bytes);
  }

  private static void write(FunctionGenerator f, int context) {
    ContextLayout layout = f.plan.facts.layout;
    if (f.wild()) {
      f.code.store(f.dice.pick(1, 2, 4, 8), context, f.scalar(), f.dice.between(0, 192));
      return;
    }
    for (int tries = 0; tries < 8 && layout != null; tries++) {
      int bytes = f.dice.pick(1, 2, 4, 4, 4, 8);
      int off = place(f, bytes);
      if (!layout.write(off, bytes)) {
        continue;
      }
      if (bytes == 4 && f.dice.percent(20)) {
        f.code.storeImm(4, context, off, f.dice.immediate());
        return;
      }
      int src = f.scalar();
      if (f.known.regs[context].is(Kind.CONTEXT)) {
        f.code.store(bytes, context, src, off);
      }
      return;
    }
    read(f, context);
  }

  private static int place(FunctionGenerator f, int bytes) {
    if (!f.plan.facts.isSkb()) {
      return bytes * f.dice.below(WORDS_BYTES / bytes);
    }
    if (bytes == 8 && f.dice.percent(30)) {
      return TSTAMP;
    }
    return bytes == 4 && f.dice.percent(60)
        ? f.dice.pick(SKB_WRITES)
        : CB + bytes * f.dice.below((bytes == 8 ? 16 : 20) / bytes);
  }
}

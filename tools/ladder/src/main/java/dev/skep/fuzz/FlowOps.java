package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;

/** Branches, early exits and bounded loops. */
final class FlowOps {
  private static final int MAX_NESTING = 4;
  private static final int JA = 0x05;
  private static final int JLT = 0xa5;
  private static final int MAY_GOTO = 0xe5;
  private static final int[] CONDITIONS = {
    0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0
  };

  private FlowOps() {}

  static void branch(FunctionGenerator f, int nesting) {
    if (nesting > MAX_NESTING) {
      ScalarOps.operation(f);
      return;
    }
    int jump = condition(f);
    Known taken = new Known(f.known);
    if (f.dice.percent(12) && f.loops == 0) {
      f.finish();
      f.known.set(taken);
      f.code.bind(jump);
      return;
    }
    f.block(f.dice.between(1, 8), nesting + 1);
    if (f.dice.percent(60)) {
      f.code.bind(jump);
      f.known.join(taken);
      return;
    }
    int end = f.code.jump(f.dice.percent(80) ? JA : Code.JA32, 0, 0, 0);
    f.code.bind(jump);
    Known first = new Known(f.known);
    f.known.set(taken);
    f.block(f.dice.between(1, 8), nesting + 1);
    f.code.bind(end);
    f.known.join(first);
  }

  private static int condition(FunctionGenerator f) {
    int left = f.scalar();
    int width = f.dice.percent(60) ? Code.JMP : Code.JMP32;
    int op = CONDITIONS[f.dice.below(CONDITIONS.length)];
    if (f.wild()) {
      return f.code.jump(width | op | Code.X, f.dice.below(11), f.dice.below(11), 0);
    }
    if (f.dice.percent(30)) {
      return f.code.jump(width | op | Code.X, left, f.scalar(), 0);
    }
    int imm = f.dice.percent(40) ? f.dice.between(-4, 80) : f.dice.immediate();
    return f.code.jump(width | op, left, 0, imm);
  }

  /** A loop of a known number of rounds around a body that keeps what it found. */
  static void loop(FunctionGenerator f, int nesting) {
    int counter = f.savedRegister();
    if (f.loops > 1 || nesting > 2 || counter == 0 || f.isLocked(counter)) {
      ScalarOps.operation(f);
      return;
    }
    f.code.movImm(counter, 0);
    int lockedBefore = f.locked;
    boolean mayMoveBefore = f.packetMayMove;
    head(f, counter);
    Known head = new Known(f.known);
    int start = f.code.length();
    int leave = f.dice.percent(25) ? f.code.jump(MAY_GOTO, 0, 0, 0) : -1;
    f.loops++;
    f.block(f.dice.between(2, 8), nesting + 1);
    f.loops--;
    restore(f, head);
    f.code.add(counter, 1);
    int rounds = f.dice.between(1, 6);
    f.code.jumpBack(JLT, counter, 0, f.wild() ? spoiltRounds(f) : rounds, start);
    if (leave >= 0) {
      f.code.bind(leave);
    }
    f.known.set(head);
    f.locked = lockedBefore;
    f.packetMayMove = mayMoveBefore;
    f.set(counter, Value.SCALAR);
  }

  /** Rarely more rounds than the verifier walks: that takes it a second. */
  private static int spoiltRounds(FunctionGenerator f) {
    return f.dice.percent(3) ? f.dice.pick(-1, 5000) : f.dice.pick(0, 12, 30);
  }

  /** Forgets what the body may change and locks what it must keep. */
  private static void head(FunctionGenerator f, int counter) {
    for (int reg = 0; reg < 10; reg++) {
      Value value = f.known.regs[reg];
      if (value.is(Kind.SCALAR)) {
        f.set(reg, Value.SCALAR);
      } else if (value.isPointer() && reg < 6) {
        f.set(reg, Value.UNSET);
      } else if (value.isPointer()) {
        f.locked |= 1 << reg;
        f.packetMayMove &= !value.is(Kind.PACKET);
      }
    }
    java.util.Arrays.fill(f.known.spilled, Value.UNSET);
    f.set(counter, Value.upTo(8));
    f.locked |= 1 << counter;
  }

  /** Gives back what the loop's head promised. */
  private static void restore(FunctionGenerator f, Known head) {
    for (int reg = 0; reg < 10; reg++) {
      if (head.regs[reg].is(Kind.SCALAR) && !f.known.regs[reg].is(Kind.SCALAR)) {
        f.code.movImm(reg, f.dice.immediate());
      }
    }
    for (int slot = 0; slot < Known.STACK_BYTES / 8; slot++) {
      for (int i = 8 * slot; i < 8 * slot + 8; i++) {
        if (head.written[i] && !f.known.written[i]) {
          f.code.storeImm(8, 10, -8 * slot - 8, 0);
          break;
        }
      }
    }
  }
}

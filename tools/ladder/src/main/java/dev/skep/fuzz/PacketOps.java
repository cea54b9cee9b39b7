package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;

/** Packet pointers: bounds checks in both shapes, variable offsets, LD_ABS and LD_IND. */
final class PacketOps {
  private static final int JGT = 0x25;
  private static final int JLE = 0xb5;
  private static final int LD_ABS = 0x20;
  private static final int LD_IND = 0x40;

  private PacketOps() {}

  static void operation(FunctionGenerator f, int nesting) {
    int context = f.pick(Kind.CONTEXT, false);
    if (context < 0) {
      return;
    }
    TypeFacts facts = f.plan.facts;
    if (facts.loadsPacket() && f.dice.percent(facts.hasPacket() ? 20 : 100)) {
      legacy(f, context);
    } else if (facts.hasPacket()) {
      check(f, context, nesting);
    }
  }

  private static void check(FunctionGenerator f, int context, int nesting) {
    int packet = f.scratch(context);
    int end = f.scratch(context, packet);
    int probe = f.scratch(context, packet, end);
    if (packet < 0 || end < 0 || probe < 0) {
      return;
    }
    int field = f.plan.facts.packetField();
    f.code.load(4, packet, context, field);
    f.code.load(4, end, context, field + 4);
    f.set(packet, Value.UNSET);
    f.set(end, Value.UNSET);
    f.set(probe, Value.UNSET);
    if (f.dice.percent(30)) {
      advance(f, packet, packet, end, probe);
    }
    int bytes = f.dice.pick(1, 2, 4, 8, 14, 20, 34, 40, 54, 64);
    f.code.mov(probe, packet);
    f.code.add(probe, bytes);
    if (f.dice.percent(50)) {
      int skip = f.code.jump(JGT | Code.X, probe, end, 0);
      Known outside = new Known(f.known);
      f.set(packet, Value.packet(bytes));
      f.block(f.dice.between(2, 8), nesting + 1);
      f.code.bind(skip);
      f.known.join(outside);
    } else {
      int fine = f.code.jump(JLE | Code.X, probe, end, 0);
      Known before = new Known(f.known);
      f.finish();
      f.known.set(before);
      f.code.bind(fine);
      f.set(packet, Value.packet(bytes));
    }
  }

  /** Adds a bounded number to the packet pointer. */
  private static void advance(FunctionGenerator f, int packet, int... busy) {
    int index = f.pick(Kind.SCALAR, true);
    if (index < 0) {
      return;
    }
    for (int reg : busy) {
      if (reg == index) {
        return;
      }
    }
    f.code.and(index, f.dice.pick(3, 15, 60));
    f.set(index, Value.upTo(60));
    f.code.addReg(packet, index);
  }

  private static void legacy(FunctionGenerator f, int context) {
    if (!f.mayCall() || f.isLocked(6) && context != 6) {
      return;
    }
    if (f.callback || f.depth > 0 && f.dice.percent(50)) {
      return;
    }
    if (context != 6) {
      f.code.mov(6, context);
      f.set(6, Value.CONTEXT);
    }
    int size = f.dice.pick(Code.B, Code.H, Code.W);
    if (f.dice.percent(60)) {
      f.code.emit(LD_ABS | size, 0, 0, 0, f.dice.between(0, 40));
    } else {
      int index = f.scalar();
      if (index == 6) {
        return;
      }
      f.code.emit(LD_IND | size, 0, index, 0, f.dice.between(-4, 20));
    }
    f.known.call();
    f.set(0, size == Code.B ? Value.upTo(255) : Value.SCALAR);
  }
}

package dev.skep.fuzz;

import dev.skep.program.MapType;

/** Ring buffers: output, query, and records that are reserved, written and handed on. */
final class RingOps {
  private static final int FP = 10;
  private static final int OUTPUT = 130;
  private static final int RESERVE = 131;
  private static final int SUBMIT = 132;
  private static final int DISCARD = 133;
  private static final int QUERY = 134;
  private static final int JEQ = 0x15;
  private static final int MAP_FD = 1;

  private RingOps() {}

  static void operation(FunctionGenerator f) {
    int map = f.plan.pickMap(MapType.RINGBUF);
    if (map < 0 || !f.mayCall()) {
      ScalarOps.operation(f);
      return;
    }
    switch (f.dice.below(3)) {
      case 0 -> output(f, map);
      case 1 -> query(f, map);
      default -> reserve(f, map);
    }
    f.known.call();
    f.set(0, Value.SCALAR);
  }

  private static void output(FunctionGenerator f, int map) {
    int bytes = f.dice.between(1, 24);
    StackOps.define(f, -24, 24);
    f.code.loadImm64(1, MAP_FD, map, 0);
    f.code.mov(2, FP);
    f.code.add(2, -24);
    f.code.movImm(3, bytes);
    f.code.movImm(4, f.dice.below(4));
    f.code.call(OUTPUT);
  }

  private static void query(FunctionGenerator f, int map) {
    f.code.loadImm64(1, MAP_FD, map, 0);
    f.code.movImm(2, f.dice.below(5));
    f.code.call(QUERY);
  }

  private static void reserve(FunctionGenerator f, int map) {
    int bytes = f.dice.pick(8, 16, 24, 64, 1000);
    f.code.loadImm64(1, MAP_FD, map, 0);
    f.code.movImm(2, bytes);
    f.code.movImm(3, 0);
    f.code.call(RESERVE);
    int none = f.code.jump(JEQ, 0, 0, 0);
    int stores = f.dice.between(0, 3);
    for (int i = 0; i < stores; i++) {
      f.code.storeImm(8, 0, 8 * f.dice.below(bytes / 8), f.dice.immediate());
    }
    if (f.dice.percent(5) && f.plan.wild > 0) {
      f.code.bind(none);
      return;
    }
    f.code.mov(1, 0);
    f.code.movImm(2, f.dice.below(4));
    f.code.call(f.dice.percent(70) ? SUBMIT : DISCARD);
    f.code.bind(none);
    f.code.movImm(0, f.dice.immediate());
  }
}

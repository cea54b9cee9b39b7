package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;
import dev.skep.program.Helpers;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;

/** Helper calls; results that differ from run to run are cleared at once. */
final class HelperOps {
  private static final int FP = 10;
  private static final int KTIME_NS = 5;
  private static final int PRANDOM = 7;
  private static final int CPU_NUMBER = 8;
  private static final int SKB_STORE_BYTES = 9;
  private static final int TAIL_CALL = 12;
  private static final int SKB_LOAD_BYTES = 26;
  private static final int CSUM_DIFF = 28;
  private static final int ADJUST_HEAD = 44;
  private static final int ADJUST_META = 54;
  private static final int ADJUST_TAIL = 65;
  private static final int JIFFIES = 118;
  private static final int STRTOL = 105;
  private static final int STRTOUL = 106;
  private static final int BOOT_NS = 125;
  private static final int COARSE_NS = 160;
  private static final int STRNCMP = 182;
  private static final int BUFF_LEN = 188;
  private static final int XDP_LOAD_BYTES = 189;
  private static final int XDP_STORE_BYTES = 190;

  private HelperOps() {}

  static void operation(FunctionGenerator f) {
    if (!f.mayCall()) {
      ScalarOps.operation(f);
      return;
    }
    if (f.wild()) {
      f.code.call(f.dice.below(Helpers.COUNT + 2));
      f.known.call();
      f.set(0, Value.SCALAR);
      return;
    }
    switch (f.dice.below(8)) {
      case 7 -> compare(f);
      case 0, 1 -> changing(f);
      case 2 -> checksum(f);
      case 3, 4 -> bytes(f);
      case 5 -> tailCall(f);
      default -> packetSize(f);
    }
  }

  /** A clock, a random number or the CPU's number: used, then cleared. */
  private static void changing(FunctionGenerator f) {
    int helper =
        f.dice.pick(KTIME_NS, PRANDOM, CPU_NUMBER, CPU_NUMBER, BOOT_NS, JIFFIES, COARSE_NS);
    f.code.call(f.plan.facts.allows(helper) ? helper : KTIME_NS);
    f.known.call();
    if (f.dice.percent(50)) {
      f.code.and(0, 0);
    } else {
      f.code.movImm(0, f.dice.immediate());
    }
    f.set(0, Value.SCALAR);
  }

  private static void stackArgument(FunctionGenerator f, int reg, int off) {
    f.code.mov(reg, FP);
    f.code.add(reg, off);
  }

  private static void checksum(FunctionGenerator f) {
    if (!f.plan.facts.allows(CSUM_DIFF)) {
      number(f);
      return;
    }
    int from = 4 * f.dice.below(5);
    int to = 4 * f.dice.below(5);
    StackOps.define(f, -24, 24);
    StackOps.define(f, -48, 24);
    f.code.movImm(5, f.dice.immediate());
    operand(f, 1, -24, from);
    operand(f, 3, -48, to);
    f.code.call(CSUM_DIFF);
    f.known.call();
    f.set(0, Value.SCALAR);
  }

  private static void operand(FunctionGenerator f, int reg, int off, int bytes) {
    if (bytes == 0) {
      f.code.movImm(reg, 0);
    } else {
      stackArgument(f, reg, off);
    }
    f.code.movImm(reg + 1, bytes);
  }

  /** Copies between packet and stack. */
  private static void bytes(FunctionGenerator f) {
    int context = f.pick(Kind.CONTEXT, false);
    if (context < 0) {
      changing(f);
      return;
    }
    boolean xdp = f.plan.type == ProgramType.XDP;
    boolean store =
        f.plan.facts.allows(xdp ? XDP_STORE_BYTES : SKB_STORE_BYTES)
            && f.packetMayMove
            && f.dice.percent(40);
    if (!store && !f.plan.facts.allows(xdp ? XDP_LOAD_BYTES : SKB_LOAD_BYTES)) {
      number(f);
      return;
    }
    int bytes = f.dice.between(1, 24);
    StackOps.define(f, -32, 32);
    if (context != 1) {
      f.code.mov(1, context);
    }
    f.code.movImm(2, f.dice.percent(90) ? f.dice.below(60) : f.dice.immediate());
    stackArgument(f, 3, -32);
    f.code.movImm(4, bytes);
    if (store) {
      f.code.movImm(5, 0);
      f.code.call(xdp ? XDP_STORE_BYTES : SKB_STORE_BYTES);
      f.known.packetMoved();
    } else {
      f.code.call(xdp ? XDP_LOAD_BYTES : SKB_LOAD_BYTES);
    }
    f.known.call();
    f.set(0, Value.SCALAR);
  }

  /** bpf_strncmp with a string in read-only data. */
  private static void compare(FunctionGenerator f) {
    int map = f.plan.pickText();
    if (map < 0) {
      changing(f);
      return;
    }
    StackOps.define(f, -24, 24);
    stackArgument(f, 1, -24);
    f.code.movImm(2, f.dice.between(1, 24));
    int off = f.dice.below(f.plan.maps.get(map).valueSize());
    f.code.loadImm64(3, 2, map, off);
    f.code.call(STRNCMP);
    f.known.call();
    f.set(0, Value.SCALAR);
  }

  private static void tailCall(FunctionGenerator f) {
    int map = f.plan.pickMap(MapType.PROG_ARRAY);
    if (map < 0 || f.callback || f.pick(Kind.CONTEXT, false) < 0) {
      changing(f);
      return;
    }
    int key = f.dice.percent(50) ? -1 : f.pick(Kind.SCALAR, false);
    int context = f.pick(Kind.CONTEXT, false);
    if (key == 1 || context == 3) {
      key = -1;
    }
    if (key >= 0) {
      f.code.mov(3, key);
    }
    if (context != 1) {
      f.code.mov(1, context);
    }
    f.code.loadImm64(2, 1, map, 0);
    if (key < 0) {
      f.code.movImm(3, f.dice.below(6));
    }
    f.code.call(TAIL_CALL);
    f.known.call();
    // What a failed tail call leaves in r0 is not defined.
    f.set(0, Value.UNSET);
  }

  /** bpf_strtol or bpf_strtoul of digits on the stack. */
  private static void number(FunctionGenerator f) {
    if (!f.plan.facts.allows(STRTOL)) {
      changing(f);
      return;
    }
    StackOps.define(f, -24, 16);
    StackOps.define(f, -8, 8);
    if (f.dice.percent(70)) {
      f.code.storeImm(4, FP, -24, f.dice.pick(0x20373432, 0x3031782d, 0x0a393433, 0x66667830));
    }
    stackArgument(f, 1, -24);
    f.code.movImm(2, f.dice.between(1, 16));
    f.code.movImm(3, f.dice.percent(90) ? f.dice.pick(0, 8, 10, 16) : f.dice.immediate());
    stackArgument(f, 4, -8);
    f.code.call(f.dice.pick(STRTOL, STRTOUL));
    f.known.call();
    f.set(0, Value.SCALAR);
  }

  private static void packetSize(FunctionGenerator f) {
    int context = f.pick(Kind.CONTEXT, false);
    if (context < 0 || f.plan.type != ProgramType.XDP || !f.packetMayMove) {
      changing(f);
      return;
    }
    if (context != 1) {
      f.code.mov(1, context);
    }
    int helper = f.dice.pick(BUFF_LEN, ADJUST_HEAD, ADJUST_TAIL, ADJUST_META);
    if (helper != BUFF_LEN) {
      f.code.movImm(2, f.dice.percent(80) ? 4 * f.dice.between(-10, 10) : f.dice.immediate());
      f.known.packetMoved();
    }
    f.code.call(helper);
    f.known.call();
    f.set(0, Value.SCALAR);
  }
}

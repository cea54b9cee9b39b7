package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;

/** Helpers of classifiers that take the skb and numbers, with arguments that often make sense. */
final class SkbOps {
  private static final int[] HELPERS = {
    10, 11, 18, 19, 31, 32, 38, 39, 40, 41, 43, 48, 50, 97, 135, 192
  };
  private static final int L3_CSUM_REPLACE = 10;
  private static final int L4_CSUM_REPLACE = 11;
  private static final int VLAN_PUSH = 18;
  private static final int CHANGE_TAIL = 38;
  private static final int PULL_DATA = 39;
  private static final int ADJUST_ROOM = 50;
  private static final int[] ETHERTYPES = {0x0081, 0xa888, 0x0008, 0xdd86};

  private SkbOps() {}

  static void operation(FunctionGenerator f) {
    int context = f.pick(Kind.CONTEXT, false);
    if (context < 0 || !f.packetMayMove || !f.mayCall()) {
      ScalarOps.operation(f);
      return;
    }
    if (context != 1) {
      f.code.mov(1, context);
    }
    int helper = helper(f);
    if (helper < 0) {
      f.set(1, Value.CONTEXT);
      return;
    }
    arguments(f, helper);
    f.code.call(helper);
    f.known.packetMoved();
    f.known.call();
    f.set(0, Value.SCALAR);
  }

  /** One that the program type has, or -1. */
  private static int helper(FunctionGenerator f) {
    for (int tries = 0; tries < 6; tries++) {
      int helper = HELPERS[f.dice.below(HELPERS.length)];
      if (f.plan.facts.allows(helper)) {
        return helper;
      }
    }
    return -1;
  }

  private static void arguments(FunctionGenerator f, int helper) {
    switch (helper) {
      case L3_CSUM_REPLACE, L4_CSUM_REPLACE -> {
        f.code.movImm(2, f.dice.between(0, 60));
        f.code.movImm(3, f.dice.immediate());
        f.code.movImm(4, f.dice.immediate());
        f.code.movImm(5, f.dice.pick(0, 2, 4, 0x10, 0x20, 0x44, f.dice.immediate()));
      }
      case VLAN_PUSH -> {
        f.code.movImm(2, ETHERTYPES[f.dice.below(ETHERTYPES.length)]);
        f.code.movImm(3, f.dice.below(65536));
      }
      case CHANGE_TAIL, PULL_DATA -> {
        f.code.movImm(2, f.dice.percent(85) ? f.dice.between(0, 300) : f.dice.immediate());
        f.code.movImm(3, f.dice.percent(90) ? 0 : 1);
      }
      case ADJUST_ROOM -> {
        f.code.movImm(2, f.dice.between(-40, 60));
        f.code.movImm(3, f.dice.pick(0, 1, 1, 2));
        f.code.movImm(4, f.dice.pick(0, 0, 1, 2, 4, 32, f.dice.below(256)));
      }
      default -> {
        f.code.movImm(2, f.dice.percent(70) ? f.dice.below(16) : f.dice.immediate());
        f.code.movImm(3, f.dice.percent(70) ? f.dice.below(3) : f.dice.immediate());
      }
    }
  }
}

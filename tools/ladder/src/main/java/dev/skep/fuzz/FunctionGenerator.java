package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;
import java.util.ArrayList;
import java.util.List;

/** Grows one function: a choice of operations within nested branches and loops. */
final class FunctionGenerator {
  /** A call or function load that is linked when all functions are known. */
  record Link(int at, FunctionGenerator callee) {}

  final Plan plan;
  final Dice dice;
  final int depth;
  final List<Value> parameters;
  final boolean callback;
  final Code code = new Code();
  final List<Link> links = new ArrayList<>();
  final Known known = new Known();

  /** Registers that must keep their value, as bits. */
  int locked;

  /** How many loops are around the current instruction. */
  int loops;

  /** Whether BTF calls it global: it is judged by itself, for any arguments of its types. */
  boolean global;

  /** Whether a helper may move the packet here. */
  boolean packetMayMove = true;

  private int budget;

  FunctionGenerator(Plan plan, int depth, List<Value> parameters, boolean callback, int budget) {
    this.plan = plan;
    this.dice = plan.dice;
    this.depth = depth;
    this.parameters = parameters;
    this.callback = callback;
    this.budget = budget;
    plan.functions.add(this);
  }

  void generate() {
    for (int i = 0; i < parameters.size(); i++) {
      known.regs[i + 1] = parameters.get(i);
    }
    for (int reg = 1; reg <= parameters.size(); reg++) {
      if (known.regs[reg].isPointer() && dice.percent(90)) {
        moveTo(savedRegister(), reg);
      }
    }
    int starts = dice.between(1, 4);
    for (int i = 0; i < starts; i++) {
      ScalarOps.constant(this, writable());
    }
    block(budget, 0);
    finish();
  }

  private void moveTo(int dst, int src) {
    code.mov(dst, src);
    known.regs[dst] = known.regs[src];
  }

  /** A callee-saved register, preferably one without a pointer. */
  int savedRegister() {
    int start = dice.below(4);
    for (int i = 0; i < 4; i++) {
      int reg = 6 + (start + i) % 4;
      if (!isLocked(reg) && !known.regs[reg].isPointer()) {
        return reg;
      }
    }
    for (int reg = 6; reg < 10; reg++) {
      if (!isLocked(reg)) {
        return reg;
      }
    }
    return 0;
  }

  boolean isLocked(int reg) {
    return (locked >> reg & 1) != 0;
  }

  /** Whether to spoil the next operation. */
  boolean wild() {
    return plan.wild != 0 && dice.percent(plan.wild);
  }

  /** Operations until about {@code insns} instructions are emitted. */
  void block(int insns, int nesting) {
    int end = code.length() + insns;
    while (code.length() < end && budget > 0) {
      int before = code.length();
      operation(nesting);
      budget -= code.length() - before;
    }
  }

  private void operation(int nesting) {
    switch (dice.below(27)) {
      case 0, 1, 2, 3, 4, 5 -> ScalarOps.operation(this);
      case 6, 7, 8, 9 -> StackOps.operation(this);
      case 10, 11 -> ContextOps.operation(this);
      case 12, 13 -> RegionOps.operation(this);
      case 14 -> PacketOps.operation(this, nesting);
      case 15 -> MapOps.operation(this, nesting);
      case 16 -> {
        if (dice.percent(50)) {
          OtherMapOps.operation(this);
        } else {
          MapOps.operation(this, nesting);
        }
      }
      case 26 -> MapOps.operation(this, nesting);
      case 17 -> AtomicOps.operation(this);
      case 18, 19, 20 -> FlowOps.branch(this, nesting);
      case 21 -> FlowOps.loop(this, nesting);
      case 22 -> HelperOps.operation(this);
      case 23 -> RingOps.operation(this);
      case 24 -> {
        if (plan.facts.isSkb()) {
          SkbOps.operation(this);
        } else {
          HelperOps.operation(this);
        }
      }
      default -> CallOps.operation(this);
    }
  }

  /** Ends the path with a scalar in r0 made of everything known. */
  void finish() {
    int first = -1;
    for (int reg = 0; reg < 10; reg++) {
      if (!known.regs[reg].is(Kind.SCALAR)) {
        continue;
      }
      if (first < 0) {
        first = reg;
        if (reg != 0) {
          code.mov(0, reg);
        }
      } else {
        code.emit(Code.ALU64 | 0x20, 0, 0, 0, 31);
        code.emit(Code.ALU64 | 0xa0 | Code.X, 0, reg, 0, 0);
      }
    }
    if (first < 0) {
      code.movImm(0, dice.immediate());
    }
    if (callback) {
      code.and(0, 1);
    } else if (depth == 0 && plan.facts.resultMask() >= 0 && !wild()) {
      code.and(0, plan.facts.resultMask());
    }
    code.exit();
  }

  /** A register that may be overwritten; pointers are spared most of the time. */
  int writable() {
    for (int i = 0; i < 8; i++) {
      int reg = dice.below(10);
      if (!isLocked(reg) && (!known.regs[reg].isPointer() || dice.percent(10))) {
        return reg;
      }
    }
    return 0;
  }

  /** A register with a scalar that may be changed; one is made if there is none. */
  int changeableScalar() {
    int reg = pick(Kind.SCALAR, true);
    if (reg < 0) {
      reg = writable();
      ScalarOps.constant(this, reg);
    }
    return reg;
  }

  /** A register with a scalar to read. */
  int scalar() {
    int reg = pick(Kind.SCALAR, false);
    return reg < 0 ? changeableScalar() : reg;
  }

  /** A register of that kind, or -1. */
  int pick(Kind kind, boolean changeable) {
    int start = dice.below(10);
    for (int i = 0; i < 10; i++) {
      int reg = (start + i) % 10;
      if (known.regs[reg].is(kind) && !(changeable && isLocked(reg))) {
        return reg;
      }
    }
    return -1;
  }

  /** A register other than the given ones that may be overwritten, or -1. */
  int scratch(int... others) {
    int start = dice.below(10);
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < 10; i++) {
        int reg = (start + i) % 10;
        boolean taken = isLocked(reg) || pass == 0 && known.regs[reg].isPointer();
        for (int other : others) {
          taken |= other == reg;
        }
        if (!taken) {
          return reg;
        }
      }
    }
    return -1;
  }

  void set(int reg, Value value) {
    known.regs[reg] = value;
  }

  /** Whether r0..r5 may be clobbered here. */
  boolean mayCall() {
    return (locked & 0x3f) == 0;
  }
}

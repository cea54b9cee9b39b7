package dev.skep.fuzz;

import dev.skep.fuzz.Value.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls of static subprograms and callbacks of bpf_loop. */
final class CallOps {
  private static final int FP = 10;
  private static final int MAX_DEPTH = 3;
  private static final int LOOP = 181;
  private static final int PSEUDO_CALL = 1;
  private static final int PSEUDO_FUNC = 4;

  private CallOps() {}

  static void operation(FunctionGenerator f) {
    if (!f.mayCall()) {
      ScalarOps.operation(f);
    } else if (f.plan.typed && f.dice.percent(20)) {
      loop(f);
    } else {
      call(f);
    }
  }

  private static void call(FunctionGenerator f) {
    List<Value> arguments = new ArrayList<>();
    int count = f.dice.below(4);
    for (int reg = 1; reg <= count; reg++) {
      arguments.add(argument(f, reg));
    }
    FunctionGenerator callee = callee(f, arguments);
    if (callee == null) {
      ScalarOps.operation(f);
      return;
    }
    f.links.add(new FunctionGenerator.Link(f.code.emit(Code.CALL, 0, PSEUDO_CALL, 0, 0), callee));
    f.known.call();
    f.known.packetMoved();
    f.set(0, Value.SCALAR);
  }

  /** Puts an argument into a register, from what is known. */
  private static Value argument(FunctionGenerator f, int reg) {
    int context = f.pick(Kind.CONTEXT, false);
    if (context >= 0 && context >= reg && f.dice.percent(50)) {
      if (context != reg) {
        f.code.mov(reg, context);
      }
      f.set(reg, Value.CONTEXT);
      return Value.CONTEXT;
    }
    if (f.dice.percent(25)) {
      int bytes = 8 * f.dice.between(1, 3);
      int off = -bytes - 8 * f.dice.below(4);
      StackOps.define(f, off, bytes);
      f.code.mov(reg, FP);
      f.code.add(reg, off);
      f.set(reg, Value.UNSET);
      return Value.frame(bytes);
    }
    int src = f.pick(Kind.SCALAR, false);
    if (src < reg) {
      f.code.movImm(reg, f.dice.immediate());
    } else if (src != reg) {
      f.code.mov(reg, src);
    }
    f.set(reg, Value.SCALAR);
    return Value.SCALAR;
  }

  /** A function that takes those arguments, or null where no more may be made. */
  private static @Nullable FunctionGenerator callee(FunctionGenerator f, List<Value> arguments) {
    for (FunctionGenerator function : f.plan.functions) {
      if (function.depth > f.depth && !function.callback && function.parameters.equals(arguments)) {
        return function;
      }
    }
    if (f.depth >= MAX_DEPTH || f.plan.functions.size() >= Plan.MAX_FUNCTIONS) {
      return null;
    }
    FunctionGenerator made =
        new FunctionGenerator(f.plan, f.depth + 1, arguments, false, f.dice.between(2, 20));
    made.packetMayMove = f.packetMayMove;
    made.global =
        f.plan.typed
            && f.dice.percent(40)
            && (f.plan.facts.contextName() != null
                || arguments.stream().noneMatch(value -> value.is(Kind.CONTEXT)))
            && arguments.stream().noneMatch(value -> value.is(Kind.FRAME));
    made.generate();
    return made;
  }

  /** bpf_loop with a callback of its own: number, context on the stack. */
  private static void loop(FunctionGenerator f) {
    if (f.depth >= MAX_DEPTH
        || f.loops > 0
        || f.callback
        || f.plan.functions.size() >= Plan.MAX_FUNCTIONS) {
      ScalarOps.operation(f);
      return;
    }
    FunctionGenerator body =
        new FunctionGenerator(
            f.plan,
            f.depth + 1,
            List.of(Value.SCALAR, Value.frame(16)),
            true,
            f.dice.between(2, 10));
    body.packetMayMove = false;
    body.generate();
    StackOps.define(f, -16, 16);
    f.code.movImm(1, f.dice.between(0, 5));
    f.links.add(new FunctionGenerator.Link(f.code.loadImm64(2, PSEUDO_FUNC, 0, 0), body));
    f.code.mov(3, FP);
    f.code.add(3, -16);
    f.code.movImm(4, f.wild() ? 1 : 0);
    f.code.call(LOOP);
    f.known.call();
    f.set(0, Value.SCALAR);
  }
}

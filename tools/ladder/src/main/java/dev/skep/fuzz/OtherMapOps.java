package dev.skep.fuzz;

import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.List;
import java.util.Objects;

/** Queues, stacks, bloom filters, maps of maps, and walks over arrays with a callback. */
final class OtherMapOps {
  private static final int FP = 10;
  private static final int LOOKUP = 1;
  private static final int PUSH = 87;
  private static final int POP = 88;
  private static final int PEEK = 89;
  private static final int FOR_EACH = 164;
  private static final int LOOKUP_PERCPU = 195;
  private static final int JEQ = 0x15;
  private static final int MAP_FD = 1;
  private static final int PSEUDO_FUNC = 4;
  private static final int VALUE_AT = -64;

  private OtherMapOps() {}

  static void operation(FunctionGenerator f) {
    int map =
        f.plan.pickMap(
            MapType.QUEUE,
            MapType.STACK,
            MapType.BLOOM_FILTER,
            MapType.ARRAY_OF_MAPS,
            MapType.HASH_OF_MAPS,
            MapType.ARRAY,
            MapType.PERCPU_ARRAY);
    if (map < 0 || !f.mayCall()) {
      ScalarOps.operation(f);
      return;
    }
    MapSpec spec = f.plan.maps.get(map);
    switch (spec.type()) {
      case QUEUE, STACK -> queue(f, map, spec, f.dice.pick(PUSH, PUSH, POP, PEEK));
      case BLOOM_FILTER -> queue(f, map, spec, f.dice.pick(PUSH, PEEK));
      case ARRAY_OF_MAPS, HASH_OF_MAPS -> inner(f, map, spec);
      case PERCPU_ARRAY -> {
        if (f.dice.percent(40)) {
          percpu(f, map, spec);
        } else {
          walk(f, map);
        }
      }
      default -> walk(f, map);
    }
  }

  private static void queue(FunctionGenerator f, int map, MapSpec spec, int helper) {
    StackOps.define(f, VALUE_AT, spec.valueSize());
    f.code.loadImm64(1, MAP_FD, map, 0);
    f.code.mov(2, FP);
    f.code.add(2, VALUE_AT);
    if (helper == PUSH) {
      f.code.movImm(3, f.dice.pick(0, 0, 0, 2, 1));
    }
    f.code.call(helper);
    f.known.call();
    f.set(0, Value.SCALAR);
  }

  private static void key(FunctionGenerator f, int map, int key) {
    f.code.storeImm(4, FP, -8, key);
    f.known.write(-8, 4);
    f.code.loadImm64(1, MAP_FD, map, 0);
    f.code.mov(2, FP);
    f.code.add(2, -8);
  }

  /** A lookup of a map, then one in it. */
  private static void inner(FunctionGenerator f, int map, MapSpec spec) {
    MapSpec inner = Objects.requireNonNull(spec.inner());
    key(f, map, f.dice.below(5));
    f.code.call(LOOKUP);
    f.known.call();
    int none = f.code.jump(JEQ, 0, 0, 0);
    f.code.mov(1, 0);
    f.code.storeImm(4, FP, -8, f.dice.below(inner.maxEntries() + 1));
    f.code.mov(2, FP);
    f.code.add(2, -8);
    f.code.call(LOOKUP);
    int missing = f.code.jump(JEQ, 0, 0, 0);
    int bytes = f.dice.pick(1, 2, 4);
    int off = f.dice.below(inner.valueSize() - bytes + 1);
    if (f.dice.percent(50)) {
      f.code.storeImm(bytes, 0, off, f.dice.immediate());
    }
    f.code.load(bytes, 0, 0, off);
    f.code.bind(missing);
    f.code.bind(none);
    f.set(0, Value.SCALAR);
  }

  /** One CPU's value: read, then cleared, because runs are on any CPU. */
  private static void percpu(FunctionGenerator f, int map, MapSpec spec) {
    key(f, map, f.dice.below(spec.maxEntries() + 1));
    f.code.movImm(3, f.dice.below(4));
    f.code.call(LOOKUP_PERCPU);
    f.known.call();
    int none = f.code.jump(JEQ, 0, 0, 0);
    f.code.load(1, 0, 0, f.dice.below(spec.valueSize()));
    f.code.and(0, 0);
    f.code.bind(none);
    f.set(0, Value.SCALAR);
  }

  /** bpf_for_each_map_elem: number of the element, and a context on the stack. */
  private static void walk(FunctionGenerator f, int map) {
    if (!f.plan.typed || f.depth > 1 || f.loops > 0 || f.callback || f.plan.isFull()) {
      ScalarOps.operation(f);
      return;
    }
    FunctionGenerator body =
        new FunctionGenerator(
            f.plan,
            f.depth + 1,
            List.of(Value.UNSET, Value.UNSET, Value.UNSET, Value.frame(16)),
            true,
            f.dice.between(2, 10));
    body.packetMayMove = false;
    body.generate();
    StackOps.define(f, -16, 16);
    f.code.loadImm64(1, MAP_FD, map, 0);
    f.links.add(new FunctionGenerator.Link(f.code.loadImm64(2, PSEUDO_FUNC, 0, 0), body));
    f.code.mov(3, FP);
    f.code.add(3, -16);
    f.code.movImm(4, f.wild() ? 1 : 0);
    f.code.call(FOR_EACH);
    f.known.call();
    f.set(0, Value.SCALAR);
  }
}

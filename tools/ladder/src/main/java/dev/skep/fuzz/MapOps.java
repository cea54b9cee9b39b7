package dev.skep.fuzz;

import dev.skep.program.MapSpec;
import dev.skep.program.MapType;

/** Map lookups with a null check, updates, deletes, and direct pointers to array values. */
final class MapOps {
  private static final int FP = 10;
  private static final int LOOKUP = 1;
  private static final int UPDATE = 2;
  private static final int DELETE = 3;
  private static final int JEQ = 0x15;
  private static final int JNE = 0x55;
  private static final int PSEUDO_MAP_FD = 1;
  private static final int PSEUDO_MAP_VALUE = 2;
  private static final int KEY_AT = -16;
  private static final int VALUE_AT = KEY_AT - 64;

  private MapOps() {}

  static void operation(FunctionGenerator f, int nesting) {
    int map =
        f.plan.pickMap(
            MapType.ARRAY,
            MapType.PERCPU_ARRAY,
            MapType.HASH,
            MapType.PERCPU_HASH,
            MapType.LRU_HASH,
            MapType.LRU_PERCPU_HASH,
            MapType.LPM_TRIE);
    if (map < 0) {
      ScalarOps.operation(f);
      return;
    }
    MapSpec spec = f.plan.maps.get(map);
    boolean direct = spec.type() == MapType.ARRAY && spec.maxEntries() == 1;
    if (direct && f.dice.percent(60)) {
      directValue(f, map, spec);
    } else if (f.mayCall()) {
      if (f.dice.percent(60) || f.plan.isReadOnly(map)) {
        lookup(f, map, spec, nesting);
      } else {
        change(f, map, spec);
      }
    }
  }

  private static void directValue(FunctionGenerator f, int map, MapSpec spec) {
    int dst = f.writable();
    int off = f.dice.percent(50) ? 0 : f.dice.below(spec.valueSize());
    if (f.plan.isReadOnly(map)) {
      f.code.loadImm64(dst, PSEUDO_MAP_VALUE, map, off);
      int bytes = f.dice.pick(1, 2, 4, 8);
      if (off + bytes <= spec.valueSize() || f.wild()) {
        f.code.load(bytes, dst, dst, 0);
        f.set(dst, StackOps.loaded(bytes));
      } else {
        f.set(dst, Value.UNSET);
      }
      return;
    }
    f.code.loadImm64(dst, PSEUDO_MAP_VALUE, map, off);
    f.set(dst, Value.region(spec.valueSize() - off));
    RegionOps.access(f, dst);
  }

  /** Puts a key on the stack and map, key into r1, r2. */
  private static void arguments(FunctionGenerator f, int map, MapSpec spec) {
    if (spec.keySize() == 4 && f.dice.percent(60)) {
      int last = spec.type() == MapType.HASH ? 6 : Math.min(9, spec.maxEntries());
      f.code.storeImm(4, FP, KEY_AT, f.dice.percent(85) ? f.dice.below(last) : f.dice.immediate());
      f.known.write(KEY_AT, 4);
    } else {
      StackOps.define(f, KEY_AT, spec.keySize());
      if (spec.type() == MapType.LPM_TRIE && f.dice.percent(90)) {
        f.code.storeImm(4, FP, KEY_AT, f.dice.below(8 * (spec.keySize() - 4) + 1));
        f.known.write(KEY_AT, 4);
      }
    }
    f.code.loadImm64(1, PSEUDO_MAP_FD, map, 0);
    f.code.mov(2, FP);
    f.code.add(2, KEY_AT);
    f.set(1, Value.UNSET);
    f.set(2, Value.UNSET);
  }

  private static void lookup(FunctionGenerator f, int map, MapSpec spec, int nesting) {
    arguments(f, map, spec);
    f.code.call(LOOKUP);
    f.known.call();
    Value value = Value.region(spec.valueSize());
    if (f.plan.isReadOnly(map)) {
      // Only loads are allowed, so the pointer does not stay.
      int skip = f.code.jump(JEQ, 0, 0, 0);
      int bytes = f.dice.pick(1, 2, 4);
      f.code.load(bytes, 0, 0, f.dice.below(spec.valueSize() - bytes + 1));
      f.code.bind(skip);
      f.set(0, Value.SCALAR);
    } else if (f.wild()) {
      f.set(0, value);
    } else if (f.dice.percent(60)) {
      int skip = f.code.jump(JEQ, 0, 0, 0);
      Known miss = new Known(f.known);
      f.set(0, value);
      int saved = f.savedRegister();
      if (saved != 0 && f.dice.percent(60)) {
        f.code.mov(saved, 0);
        f.set(saved, value);
        miss.regs[saved] = miss.regs[saved].isPointer() ? Value.UNSET : miss.regs[saved];
      }
      f.block(f.dice.between(2, 8), nesting + 1);
      f.code.bind(skip);
      f.known.join(miss);
    } else {
      int found = f.code.jump(JNE, 0, 0, 0);
      Known before = new Known(f.known);
      f.finish();
      f.known.set(before);
      f.code.bind(found);
      f.set(0, value);
    }
  }

  private static void change(FunctionGenerator f, int map, MapSpec spec) {
    boolean update = f.dice.percent(70);
    if (update) {
      StackOps.define(f, VALUE_AT, spec.valueSize());
    }
    arguments(f, map, spec);
    if (update) {
      f.code.mov(3, FP);
      f.code.add(3, VALUE_AT);
      f.code.movImm(4, f.dice.pick(0, 0, 0, 1, 2));
      f.code.call(UPDATE);
    } else {
      f.code.call(DELETE);
    }
    f.known.call();
    f.set(0, Value.SCALAR);
  }
}

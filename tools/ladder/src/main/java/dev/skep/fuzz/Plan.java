package dev.skep.fuzz;

import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;

/** What the functions of one generated program share. */
final class Plan {
  static final int MAX_FUNCTIONS = 5;

  private static final int READ_ONLY = 1 << 7;
  private static final int NO_PREALLOC = 1;
  private static final int ZERO_SEED = 1 << 6;

  /** So large that no element is ever driven out, which is a matter of chance. */
  private static final int LRU_ENTRIES = 64;

  final Dice dice;
  final TypeFacts facts;
  final ProgramType type;

  /** Percent of operations that are spoilt on purpose, to meet the verifier's refusals. */
  final int wild;

  /** Whether the program comes with BTF: bpf_loop, global functions and more need it. */
  final boolean typed;

  final List<MapSpec> maps = new ArrayList<>();
  final List<FunctionGenerator> functions = new ArrayList<>();

  Plan(Dice dice, TypeFacts facts, int wild) {
    this.dice = dice;
    this.facts = facts;
    type = facts.type;
    this.wild = wild;
    typed = dice.percent(40);
    addMaps();
  }

  /** The plan of a tail call's target: same type, same maps. */
  Plan(Plan caller) {
    dice = caller.dice;
    facts = caller.facts;
    type = caller.type;
    wild = caller.wild;
    typed = dice.percent(40);
    maps.addAll(caller.maps);
  }

  private void addMaps() {
    int count = dice.below(4);
    for (int i = 0; i < count; i++) {
      int value = dice.pick(4, 8, 8, 12, 16, 24, 32, 48, 64);
      String name = dice.percent(50) ? "m" + i : "";
      maps.add(
          switch (dice.below(11)) {
            case 0, 1 -> MapSpec.of(name, MapType.ARRAY, 4, value, 1, 0);
            case 2 -> MapSpec.of(name, MapType.ARRAY, 4, value, dice.between(2, 9), 0);
            case 3 -> MapSpec.of(name, MapType.PERCPU_ARRAY, 4, value, dice.between(1, 4), 0);
            case 4, 5 -> MapSpec.of(name, MapType.HASH, key(), value, dice.between(2, 8), 0);
            case 6 -> MapSpec.of(name, MapType.PERCPU_HASH, key(), value, dice.between(2, 8), 0);
            case 7 -> rodata(name, value);
            default -> special(name, value);
          });
    }
    if (dice.percent(12)) {
      maps.add(MapSpec.of("rb", MapType.RINGBUF, 0, 0, 4096, 0));
    }
    if (dice.percent(15)) {
      maps.add(MapSpec.of("jt", MapType.PROG_ARRAY, 4, 4, dice.between(1, 5), 0));
    }
  }

  private MapSpec special(String name, int value) {
    return switch (dice.below(8)) {
      case 0 -> MapSpec.of(name, MapType.LRU_HASH, key(), value, LRU_ENTRIES, 0);
      case 1 -> MapSpec.of(name, MapType.LRU_PERCPU_HASH, key(), value, LRU_ENTRIES, 0);
      case 2 -> MapSpec.of(name, MapType.LPM_TRIE, dice.pick(5, 8, 12), value, 8, NO_PREALLOC);
      case 3 -> MapSpec.of(name, MapType.QUEUE, 0, value, dice.between(1, 4), 0);
      case 4 -> MapSpec.of(name, MapType.STACK, 0, value, dice.between(1, 4), 0);
      case 5 -> MapSpec.of(name, MapType.BLOOM_FILTER, 0, value, 16, ZERO_SEED);
      case 6 -> {
        boolean array = dice.percent(50);
        MapSpec inner = MapSpec.of("", MapType.ARRAY, 4, value, dice.between(1, 3), 0);
        yield MapSpec.of(name, array ? MapType.ARRAY_OF_MAPS : MapType.HASH_OF_MAPS, 4, 4, 4, 0)
            .withInner(inner);
      }
      default -> MapSpec.of(name, MapType.HASH, key(), value, dice.between(2, 8), NO_PREALLOC);
    };
  }

  private int key() {
    return dice.pick(1, 2, 4, 4, 8, 12, 16);
  }

  private MapSpec rodata(String name, int value) {
    byte[] bytes = new byte[value];
    dice.fill(bytes);
    if (dice.percent(50)) {
      bytes[value - 1] = 0;
    }
    return MapSpec.of(name, MapType.ARRAY, 4, value, 1, READ_ONLY).withInitial(bytes, true);
  }

  /** Whether no more functions may be made. */
  boolean isFull() {
    return functions.size() >= MAX_FUNCTIONS;
  }

  /** Index of a map of one of those types, or -1. */
  int pickMap(MapType... types) {
    int start = maps.isEmpty() ? 0 : dice.below(maps.size());
    for (int i = 0; i < maps.size(); i++) {
      int map = (start + i) % maps.size();
      for (MapType type : types) {
        if (maps.get(map).type() == type) {
          return map;
        }
      }
    }
    return -1;
  }

  /** Index of a read-only map whose value ends with a NUL, or -1. */
  int pickText() {
    for (int map = 0; map < maps.size(); map++) {
      byte[] initial = maps.get(map).initial();
      if (initial != null && initial[initial.length - 1] == 0) {
        return map;
      }
    }
    return -1;
  }

  boolean isReadOnly(int map) {
    return (maps.get(map).flags() & READ_ONLY) != 0;
  }
}

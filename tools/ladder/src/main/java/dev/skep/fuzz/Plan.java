package dev.skep.fuzz;

import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import java.util.ArrayList;
import java.util.List;

/** What the functions of one generated program share. */
final class Plan {
  static final int MAX_FUNCTIONS = 5;

  final Dice dice;
  final ProgramType type;

  /** Percent of operations that are spoilt on purpose, to meet the verifier's refusals. */
  final int wild;

  /** Whether the program comes with BTF: bpf_loop, global functions and more need it. */
  final boolean typed;

  final List<MapSpec> maps = new ArrayList<>();
  final List<FunctionGenerator> functions = new ArrayList<>();

  Plan(Dice dice, ProgramType type, int wild) {
    this.dice = dice;
    this.type = type;
    this.wild = wild;
    typed = dice.percent(40);
    addMaps();
  }

  private void addMaps() {
    int count = dice.below(4);
    for (int i = 0; i < count; i++) {
      int value = dice.pick(4, 8, 8, 12, 16, 24, 32, 48, 64);
      String name = dice.percent(50) ? "m" + i : "";
      maps.add(
          switch (dice.below(8)) {
            case 0, 1 -> MapSpec.of(name, MapType.ARRAY, 4, value, 1, 0);
            case 2 -> MapSpec.of(name, MapType.ARRAY, 4, value, dice.between(2, 9), 0);
            case 3 -> MapSpec.of(name, MapType.PERCPU_ARRAY, 4, value, dice.between(1, 4), 0);
            case 4, 5 -> MapSpec.of(name, MapType.HASH, key(), value, dice.between(2, 8), 0);
            case 6 -> MapSpec.of(name, MapType.PERCPU_HASH, key(), value, dice.between(2, 8), 0);
            default -> rodata(name, value);
          });
    }
    if (dice.percent(12)) {
      maps.add(MapSpec.of("rb", MapType.RINGBUF, 0, 0, 4096, 0));
    }
    if (dice.percent(10)) {
      maps.add(MapSpec.of("jt", MapType.PROG_ARRAY, 4, 4, dice.between(1, 5), 0));
    }
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
    return MapSpec.of(name, MapType.ARRAY, 4, value, 1, 1 << 7).withInitial(bytes, true);
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
    return (maps.get(map).flags() & 1 << 7) != 0;
  }

  boolean isSkb() {
    return type != ProgramType.XDP;
  }

  /** Whether programs of the type read and write the packet directly. */
  boolean hasPacket() {
    return type != ProgramType.SOCKET_FILTER;
  }
}

package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.program.MapSpec;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Maps that wait for the next program that needs one of their shape: to create and free one costs
 * the kernel more than to judge a small program.
 */
final class SpareMaps implements AutoCloseable {
  private static final int MAX_SHAPES = 256;
  private static final int MAX_OF_A_SHAPE = 4;

  private final Engine engine;
  private final Map<MapSpec, Deque<BpfMap>> waiting = new LinkedHashMap<>(16, 0.75f, true);

  SpareMaps(Engine engine) {
    this.engine = engine;
  }

  Engine engine() {
    return engine;
  }

  /** A map of that shape, to be given back. */
  BpfMap take(MapSpec spec) {
    Deque<BpfMap> maps = waiting.get(spec);
    return maps == null || maps.isEmpty() ? engine.createMap(spec) : maps.pop();
  }

  void giveBack(BpfMap map) {
    MapSpec spec = map.spec();
    Deque<BpfMap> maps = mayBeUsedAgain(spec) ? shape(spec) : null;
    if (maps == null || maps.size() >= MAX_OF_A_SHAPE) {
      map.close();
    } else {
      maps.push(map);
    }
  }

  private Deque<BpfMap> shape(MapSpec spec) {
    Deque<BpfMap> maps = waiting.computeIfAbsent(spec, s -> new ArrayDeque<>());
    if (waiting.size() > MAX_SHAPES) {
      // In the order of their last use, so this one is not the first.
      var shapes = waiting.values().iterator();
      shapes.next().forEach(BpfMap::close);
      shapes.remove();
    }
    return maps;
  }

  /** Some belong to the first program that uses them. Nothing runs, so contents stay. */
  private static boolean mayBeUsedAgain(MapSpec spec) {
    return switch (spec.type()) {
      case PROG_ARRAY, CGROUP_STORAGE, PERCPU_CGROUP_STORAGE, DEVMAP, DEVMAP_HASH, CPUMAP -> false;
      case STRUCT_OPS, ARENA -> false;
      default -> true;
    };
  }

  @Override
  public void close() {
    waiting.values().forEach(maps -> maps.forEach(BpfMap::close));
    waiting.clear();
  }
}

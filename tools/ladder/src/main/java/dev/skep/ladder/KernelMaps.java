package dev.skep.ladder;

import dev.skep.engine.BpfMap;
import dev.skep.engine.ObjectLoader;
import dev.skep.linux.KernelEngine;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The maps of one object in the kernel, each created when a program first needs it. */
final class KernelMaps implements AutoCloseable {
  private final KernelEngine kernel;
  private final Map<String, BpfMap> maps = new HashMap<>();

  KernelMaps(KernelEngine kernel) {
    this.kernel = kernel;
  }

  /**
   * The maps of a program, in its order.
   *
   * @throws dev.skep.errors.SkepException for a map that the kernel refuses
   */
  List<BpfMap> of(Program program) {
    List<BpfMap> own = new ArrayList<>();
    for (MapSpec spec : program.maps()) {
      BpfMap map = maps.get(spec.name());
      if (map == null) {
        map = kernel.createMap(judged(ObjectLoader.sized(spec, kernel.cpus())));
        maps.put(spec.name(), map);
      }
      own.add(map);
    }
    return own;
  }

  /** What an arena holds matters to nobody here, and several at one address may exist. */
  private static MapSpec judged(MapSpec spec) {
    return spec.type() == MapType.ARENA ? spec.withInitial(null, false) : spec;
  }

  @Override
  public void close() {
    maps.values().forEach(BpfMap::close);
    maps.clear();
  }
}

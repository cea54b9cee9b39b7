package dev.skep.engine;

import dev.skep.btf.Btf;
import dev.skep.data.DataMemory;
import dev.skep.data.TypedData;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** How maps of data sections are seen through the BTF that they came with. */
final class TypedSections {
  private TypedSections() {}

  /**
   * A view by the type of the map's values.
   *
   * @throws IllegalArgumentException if the map has no BTF
   */
  static Function<DataMemory, TypedData> view(BpfMap map) {
    Btf btf = map.spec().btf();
    int type = map.spec().valueTypeId();
    if (btf == null || type == 0) {
      throw new IllegalArgumentException("no types for map \"" + map.spec().name() + "\"");
    }
    return memory -> new TypedData(btf, type, memory);
  }

  /** The first element's copies, in the order of the possible CPUs. */
  static List<DataMemory> copies(BpfMap map) {
    int bytes = map.spec().valueSize() + 7 & -8;
    List<DataMemory> copies = new ArrayList<>();
    for (int cpu = 0; cpu < map.userValueSize() / bytes; cpu++) {
      copies.add(map.memory(cpu));
    }
    return copies;
  }
}

package dev.skep.engine;

import dev.skep.data.DataMemory;
import dev.skep.data.PerCpu;
import dev.skep.data.TypedData;
import java.util.Map;
import java.util.function.Function;

/** An object's programs and maps, alive until closed. */
public interface LoadedObject extends AutoCloseable {
  /** By name, in the object's order. */
  Map<String, LoadedProgram> programs();

  /** By name, in the object's order. */
  Map<String, BpfMap> maps();

  /** The program of that name; {@link IllegalArgumentException} if there is none. */
  default LoadedProgram program(String name) {
    LoadedProgram program = programs().get(name);
    if (program == null) {
      throw new IllegalArgumentException("no program \"" + name + "\"");
    }
    return program;
  }

  /** The map of that name; {@link IllegalArgumentException} if there is none. */
  default BpfMap map(String name) {
    BpfMap map = maps().get(name);
    if (map == null) {
      throw new IllegalArgumentException("no map \"" + name + "\"");
    }
    return map;
  }

  /**
   * Attaches every program whose section names a place, in the object's order; the others, as
   * SEC("xdp"), stay as they are. When one fails, those before it are detached again.
   *
   * @return the links, to be closed before the object
   * @throws UnsupportedException if the engine attaches nothing
   */
  default Links attach() {
    Links links = new Links();
    try {
      for (Map.Entry<String, LoadedProgram> entry : programs().entrySet()) {
        if (entry.getValue().attachesBySection()) {
          links.add(entry.getKey(), entry.getValue().attach());
        }
      }
      return links;
    } catch (RuntimeException failed) {
      links.close();
      throw failed;
    }
  }

  /** The global variable of that name; {@link IllegalArgumentException} if there is none. */
  LoadedVariable variable(String name);

  /**
   * The live bytes of a data section, as {@code .data}, {@code .bss} or {@code .rodata}: what
   * programs write shows at once, and the other way round. It ends with this object.
   *
   * @param map the section's map
   */
  DataMemory memory(String map);

  /** As {@link #memory}, its variables by name: {@code data(".bss").getLong("packets")}. */
  default TypedData data(String map) {
    return TypedSections.view(map(map)).apply(memory(map));
  }

  /** The live bytes of a section of per-CPU data, one for each possible CPU. */
  default <T> PerCpu<T> perCpu(String map, Function<DataMemory, T> view) {
    return new PerCpu<>(TypedSections.copies(map(map)), view);
  }

  /**
   * As {@link #perCpu(String, Function)}, variables by name: {@code
   * perCpu(".percpu").onCpu(2).getLong("packets")}.
   */
  default PerCpu<TypedData> perCpu(String map) {
    return perCpu(map, TypedSections.view(map(map)));
  }

  @Override
  void close();
}

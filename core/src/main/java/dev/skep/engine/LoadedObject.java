package dev.skep.engine;

import java.util.Map;

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

  @Override
  void close();
}

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

  @Override
  void close();
}

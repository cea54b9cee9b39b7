package dev.skep.engine;

import dev.skep.errors.MalformedException;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import dev.skep.object.ObjectProgram;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Loads an object into any engine, in libbpf's order: maps with their contents, programs, static
 * slots of program arrays. What was made is closed again when something fails.
 */
public final class ObjectLoader implements LoadedObject {
  private final Engine engine;
  private final Map<String, BpfMap> maps = new LinkedHashMap<>();
  private final Map<String, LoadedProgram> programs = new LinkedHashMap<>();

  private ObjectLoader(Engine engine) {
    this.engine = engine;
  }

  /**
   * Creates all maps and loads the programs whose autoload is on.
   *
   * @throws dev.skep.errors.SkepException as {@link Engine#load(BpfObject)} says
   */
  public static LoadedObject load(Engine engine, BpfObject object) {
    ObjectLoader loader = new ObjectLoader(engine);
    try {
      loader.createMaps(object);
      loader.loadPrograms(object);
      loader.fillSlots();
      return loader;
    } catch (RuntimeException failure) {
      loader.close();
      throw failure;
    }
  }

  private void createMaps(BpfObject object) {
    for (ObjectMap map : object.maps()) {
      maps.put(map.name(), engine.createMap(map.spec()));
    }
  }

  private void loadPrograms(BpfObject object) {
    for (ObjectProgram entry : object.programs()) {
      if (!entry.autoload()) {
        continue;
      }
      Program program = object.toProgram(entry);
      List<BpfMap> used = new ArrayList<>();
      for (MapSpec spec : program.maps()) {
        used.add(map(spec.name()));
      }
      programs.put(entry.name(), engine.load(program, used));
    }
  }

  private void fillSlots() {
    for (BpfMap map : maps.values()) {
      if (map.spec().type() != MapType.PROG_ARRAY) {
        continue;
      }
      List<@Nullable String> slots = map.spec().slots();
      for (int i = 0; i < slots.size(); i++) {
        String name = slots.get(i);
        if (name != null) {
          fillSlot(map, i, name);
        }
      }
    }
  }

  private void fillSlot(BpfMap map, int index, String name) {
    LoadedProgram program = programs.get(name);
    if (program == null) {
      throw new MalformedException(
          "map \""
              + map.spec().name()
              + "\": slot "
              + index
              + ": program \""
              + name
              + "\" is not loaded");
    }
    map.update(u32(index), u32(program.slotValue()), BpfMap.ANY);
  }

  private static byte[] u32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  @Override
  public Map<String, LoadedProgram> programs() {
    return Collections.unmodifiableMap(programs);
  }

  @Override
  public Map<String, BpfMap> maps() {
    return Collections.unmodifiableMap(maps);
  }

  @Override
  public void close() {
    programs.values().forEach(LoadedProgram::close);
    maps.values().forEach(BpfMap::close);
  }
}

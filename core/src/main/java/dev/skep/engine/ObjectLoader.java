package dev.skep.engine;

import dev.skep.data.BufferMemory;
import dev.skep.data.DataMemory;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.object.BpfObject;
import dev.skep.object.GlobalVariable;
import dev.skep.object.ObjectMap;
import dev.skep.object.ObjectProgram;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Loads an object into any engine, in libbpf's order: maps with their contents, programs, static
 * slots of program arrays. What was made is closed again when something fails.
 */
public final class ObjectLoader implements LoadedObject {
  private static final int MMAPABLE = 0x400;

  private final Engine engine;
  private final BpfObject object;
  private final Map<String, ? extends BpfMap> reused;
  private final Map<String, BpfMap> maps = new LinkedHashMap<>();
  private final Map<String, LoadedProgram> programs = new LinkedHashMap<>();

  private final List<GlobalVariable> variables;
  private final Map<String, MappedValues> mappings = new HashMap<>();
  private boolean closed;

  private ObjectLoader(Engine engine, BpfObject object, Map<String, ? extends BpfMap> reused) {
    this.engine = engine;
    this.object = object;
    this.reused = reused;
    this.variables = object.variables();
  }

  /**
   * Creates all maps and loads the programs whose autoload is on.
   *
   * @throws dev.skep.errors.SkepException as {@link Engine#load(BpfObject)} says
   */
  public static LoadedObject load(Engine engine, BpfObject object) {
    return load(engine, object, Map.of());
  }

  /** As {@link Engine#load(BpfObject, Map)}. */
  public static LoadedObject load(
      Engine engine, BpfObject object, Map<String, ? extends BpfMap> reused) {
    reused.keySet().forEach(object::map);
    object.loaded();
    ObjectLoader loader = new ObjectLoader(engine, object, Map.copyOf(reused));
    try {
      loader.createMaps();
      loader.loadPrograms();
      loader.fillSlots();
      return loader;
    } catch (RuntimeException failure) {
      loader.close();
      throw failure;
    }
  }

  private void createMaps() {
    for (ObjectMap map : object.maps()) {
      MapSpec spec = sized(map.spec(), engine.cpus());
      BpfMap given = reused.get(map.name());
      if (given != null) {
        MapReuse.check(given.spec(), spec);
        maps.put(map.name(), given);
      } else if (!isPerCpuData(map) || engine.hasPerCpuData()) {
        maps.put(map.name(), create(map, spec));
      }
    }
    fillMapSlots();
  }

  private static boolean isPerCpuData(ObjectMap map) {
    return map.isGlobalData() && map.spec().type() == MapType.PERCPU_ARRAY;
  }

  /** Creates a map, without its types where the engine does not want them. */
  private BpfMap create(ObjectMap map, MapSpec spec) {
    try {
      return engine.createMap(spec, map.kernelName());
    } catch (BpfErrnoException refused) {
      if (spec.btf() == null || spec.keyTypeId() == 0 && spec.valueTypeId() == 0) {
        throw refused;
      }
      BpfMap made = engine.createMap(spec.withTypes(null, 0, 0), map.kernelName());
      map.dropTypes(refused.errno());
      return made;
    }
  }

  /** The map with its size: a perf_event_array without one gets one slot per CPU. */
  public static MapSpec sized(MapSpec spec, int cpus) {
    MapSpec inner = spec.inner();
    MapSpec whole = inner == null ? spec : spec.withInner(sized(inner, cpus));
    return whole.type() == MapType.PERF_EVENT_ARRAY && whole.maxEntries() == 0
        ? whole.withMaxEntries(cpus)
        : whole;
  }

  private void loadPrograms() {
    for (ObjectProgram entry : object.programs()) {
      if (!entry.autoload()) {
        continue;
      }
      Program program = object.toProgram(entry);
      List<BpfMap> used = new ArrayList<>();
      for (MapSpec spec : program.maps()) {
        used.add(usedBy(program, spec.name()));
      }
      programs.put(entry.name(), engine.load(withReused(program), used));
    }
  }

  private BpfMap usedBy(Program program, String name) {
    BpfMap map = maps.get(name);
    if (map == null) {
      throw new UnsupportedException(
          "program \""
              + program.name()
              + "\": map \""
              + name
              + "\": engine "
              + engine.name()
              + " has no global per-CPU data here");
    }
    return map;
  }

  /** What is known of a reused map's contents is not what this object would have put in. */
  private Program withReused(Program program) {
    if (reused.isEmpty()) {
      return program;
    }
    List<MapSpec> specs = new ArrayList<>();
    for (MapSpec spec : program.maps()) {
      BpfMap given = reused.get(spec.name());
      specs.add(given == null ? spec : given.spec());
    }
    return program.withMaps(specs);
  }

  private void fillSlots() {
    for (BpfMap map : own()) {
      if (map.spec().type() == MapType.PROG_ARRAY) {
        fillSlots(map, this::programSlot);
      }
    }
  }

  /** Puts maps into maps of maps, before programs see them. */
  private void fillMapSlots() {
    for (BpfMap map : own()) {
      switch (map.spec().type()) {
        case ARRAY_OF_MAPS, HASH_OF_MAPS -> fillSlots(map, this::mapSlot);
        default -> {
          // Has no slots, or its slots hold programs.
        }
      }
    }
  }

  private static void fillSlots(BpfMap map, SlotValue values) {
    List<@Nullable String> slots = map.spec().slots();
    for (int i = 0; i < slots.size(); i++) {
      String name = slots.get(i);
      if (name != null) {
        map.update(u32(i), u32(values.of(map, i, name)), BpfMap.ANY);
      }
    }
  }

  /** What a slot holds for a name. */
  private interface SlotValue {
    int of(BpfMap map, int index, String name);
  }

  private int programSlot(BpfMap map, int index, String name) {
    LoadedProgram program = programs.get(name);
    if (program == null) {
      throw noSuch(map, index, "program \"" + name + "\" is not loaded");
    }
    return program.slotValue();
  }

  private int mapSlot(BpfMap map, int index, String name) {
    BpfMap inner = maps.get(name);
    if (inner == null) {
      throw noSuch(map, index, "no map \"" + name + "\"");
    }
    return inner.slotValue();
  }

  private static MalformedException noSuch(BpfMap map, int index, String what) {
    return new MalformedException("map \"" + map.spec().name() + "\": slot " + index + ": " + what);
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
  public LoadedVariable variable(String name) {
    for (GlobalVariable variable : variables) {
      if (variable.name().equals(name)) {
        return new LoadedVariable(map(variable.map()), variable);
      }
    }
    throw new IllegalArgumentException("no variable \"" + name + "\"");
  }

  @Override
  public synchronized DataMemory memory(String name) {
    BpfMap map = map(name);
    if ((map.spec().flags() & MMAPABLE) == 0) {
      return map.memory(0);
    }
    MappedValues mapped = mappings.computeIfAbsent(name, key -> map.mmap(!map.spec().frozen()));
    return BufferMemory.of(mapped.bytes()).slice(0, map.spec().valueSize());
  }

  @Override
  public synchronized void close() {
    mappings.values().forEach(MappedValues::close);
    mappings.clear();
    programs.values().forEach(LoadedProgram::close);
    own().forEach(BpfMap::close);
    if (!closed) {
      closed = true;
      object.unloaded();
    }
  }

  /** The maps that were created for this object. */
  private List<BpfMap> own() {
    List<BpfMap> own = new ArrayList<>();
    maps.forEach((name, map) -> {
      if (!reused.containsKey(name)) {
        own.add(map);
      }
    });
    return own;
  }
}

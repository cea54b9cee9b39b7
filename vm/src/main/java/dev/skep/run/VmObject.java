package dev.skep.run;

import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.map.ProgArrayMap;
import dev.skep.map.VmMap;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import dev.skep.object.ObjectProgram;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An object's maps and programs in a {@link Vm}. */
final class VmObject implements LoadedObject {
  private final Map<String, VmMap> maps = new LinkedHashMap<>();
  private final Map<String, VmProgram> programs = new LinkedHashMap<>();

  private VmObject() {}

  /** Creates all maps, loads the programs that want it, and fills program arrays. */
  static VmObject load(Vm vm, BpfObject object) {
    VmObject loaded = new VmObject();
    try {
      for (ObjectMap map : object.maps()) {
        loaded.maps.put(map.name(), vm.createMap(map.spec()));
      }
      for (ObjectProgram program : object.programs()) {
        if (program.autoload()) {
          Program linked = object.toProgram(program);
          loaded.programs.put(program.name(), vm.load(linked, loaded.mapsOf(linked)));
        }
      }
      for (ObjectMap map : object.maps()) {
        loaded.fillSlots(map.spec());
      }
      return loaded;
    } catch (RuntimeException failed) {
      loaded.close();
      throw failed;
    }
  }

  private List<VmMap> mapsOf(Program program) {
    List<VmMap> used = new ArrayList<>();
    for (MapSpec spec : program.maps()) {
      VmMap map = maps.get(spec.name());
      if (map == null) {
        throw new IllegalStateException("no map \"" + spec.name() + "\"");
      }
      used.add(map);
    }
    return used;
  }

  private void fillSlots(MapSpec spec) {
    for (int slot = 0; slot < spec.slots().size(); slot++) {
      String name = spec.slots().get(slot);
      if (name == null) {
        continue;
      }
      if (!(maps.get(spec.name()) instanceof ProgArrayMap array)) {
        throw new UnsupportedException("static contents of map \"" + spec.name() + "\"");
      }
      VmProgram program = programs.get(name);
      // libbpf gives up on the object, too, when the program was not loaded.
      long result = program == null ? -Errno.EINVAL : array.set(slot, program);
      if (result != 0) {
        throw new BpfErrnoException(
            (int) -result, "slot " + slot + " of map \"" + spec.name() + "\" = \"" + name + "\"");
      }
    }
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
    programs.values().forEach(VmProgram::close);
    maps.values().forEach(VmMap::close);
  }
}

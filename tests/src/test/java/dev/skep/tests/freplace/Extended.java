package dev.skep.tests.freplace;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import dev.skep.tests.engines.Engines;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Programs of both objects in one engine, with one array "jumps". */
final class Extended implements AutoCloseable {
  final Engine engine;
  private final BpfObject targets = FreplaceObjects.target();
  private final Map<String, BpfMap> maps = new HashMap<>();
  private final List<LoadedProgram> programs = new ArrayList<>();

  Extended(String engine) {
    this(Engines.open(engine));
  }

  Extended(Engine engine) {
    this.engine = engine;
  }

  /** Loads a program of target.bpf.o. */
  LoadedProgram target(String name) {
    return load(targets.toProgram(targets.program(name)), "target");
  }

  /** Loads a program of extend.bpf.o for the function that its section names. */
  LoadedProgram extension(String name, LoadedProgram target) {
    Program program = FreplaceObjects.extension(name, target.program(), null);
    try {
      return load(program, "extend");
    } catch (BpfErrnoException refused) {
      boolean linux = engine.name().equals("linux");
      Assumptions.assumeFalse(
          linux && refused.errno() == Errno.EPERM,
          "this kernel lets nobody load programs of type ext (EPERM)");
      throw refused;
    }
  }

  private LoadedProgram load(Program program, String object) {
    List<BpfMap> used = new ArrayList<>();
    for (MapSpec spec : program.maps()) {
      String name = spec.name().equals("jumps") ? "jumps" : object + " " + spec.name();
      used.add(maps.computeIfAbsent(name, _ -> engine.createMap(spec)));
    }
    LoadedProgram loaded = engine.load(program, used);
    programs.add(loaded);
    return loaded;
  }

  /** A map: "jumps", or "target " or "extend " and its name. */
  BpfMap map(String name) {
    BpfMap map = maps.get(name);
    if (map == null) {
      throw new IllegalArgumentException(name);
    }
    return map;
  }

  /** The first variable of an object's .bss. */
  long first(String object) {
    byte[] value = map(object + " .bss").lookup(new byte[4]);
    return Engines.number(java.util.Arrays.copyOf(value, 8));
  }

  @Override
  public void close() {
    programs.reversed().forEach(LoadedProgram::close);
    maps.values().forEach(BpfMap::close);
    engine.close();
  }
}

package dev.skep.engine;

import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import java.util.List;
import java.util.Map;

/** Something that runs BPF: the JVM itself or the Linux kernel. */
public interface Engine extends AutoCloseable {
  /** The name of the command line: "interp", "jit", "jit-kernel" or "linux". */
  String name();

  /** Number of possible CPUs: a per-CPU value has one part for each. */
  int cpus();

  /**
   * Creates the object's maps and loads its programs.
   *
   * @throws dev.skep.errors.RejectedException if the verifier refuses a program
   * @throws dev.skep.errors.UnsupportedException if a program or map needs what this engine lacks
   * @throws dev.skep.errors.BpfErrnoException if a map cannot be created
   */
  LoadedObject load(BpfObject object);

  /**
   * As {@link #load(BpfObject)}, with maps that exist in the place of the object's own, by name.
   * Their contents stay, and closing what is loaded does not close them. So objects share data.
   *
   * @param reused maps of this engine
   * @throws dev.skep.errors.BpfErrnoException also with EINVAL if one is of another shape
   * @throws IllegalArgumentException if the object has no map of a name
   */
  default LoadedObject load(BpfObject object, Map<String, ? extends BpfMap> reused) {
    return ObjectLoader.load(this, object, reused);
  }

  /** Whether programs have variables with a copy for each CPU: sections named ".percpu". */
  default boolean hasPerCpuData() {
    return true;
  }

  /** Creates one map, its initial contents included. */
  BpfMap createMap(MapSpec spec);

  /**
   * As {@link #createMap(MapSpec)}, for a map that a kernel knows by a name of its own, as
   * "firewall.rodata".
   *
   * @param kernelName at most 15 bytes
   */
  default BpfMap createMap(MapSpec spec, String kernelName) {
    return createMap(spec);
  }

  /** Loads one program; {@code maps} stand for {@code program.maps()}, in order. */
  LoadedProgram load(Program program, List<? extends BpfMap> maps);

  @Override
  void close();
}

package dev.skep.engine;

import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.Program;
import java.util.List;

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

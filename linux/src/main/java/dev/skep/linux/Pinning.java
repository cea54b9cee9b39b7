package dev.skep.linux;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.ObjectLoader;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.MalformedException;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads one object with LIBBPF_PIN_BY_NAME obeyed, as libbpf does: a map that is pinned already is
 * taken over if it has the same shape, another one is pinned after its creation. A load that fails
 * takes its pins away again.
 */
final class Pinning implements Engine {
  private final KernelEngine engine;
  private final Path root;
  private final List<Path> pinned = new ArrayList<>();

  Pinning(KernelEngine engine, Path root) {
    this.engine = engine;
    this.root = root;
  }

  @Override
  public LoadedObject load(BpfObject object) {
    try {
      KernelExterns.resolve(object);
      return ObjectLoader.load(this, object);
    } catch (RuntimeException failed) {
      for (Path file : pinned) {
        try {
          Files.deleteIfExists(file);
        } catch (IOException kept) {
          failed.addSuppressed(kept);
        }
      }
      throw failed;
    }
  }

  @Override
  public boolean hasPerCpuData() {
    return engine.hasPerCpuData();
  }

  @Override
  public BpfMap createMap(MapSpec spec) {
    return spec.pinByName() ? shared(spec) : engine.createMap(spec);
  }

  @Override
  public BpfMap createMap(MapSpec spec, String kernelName) {
    return spec.pinByName() ? shared(spec) : engine.createMap(spec, kernelName);
  }

  private KernelMap shared(MapSpec spec) {
    // No path of a file may come out of a name in an object.
    if (spec.name().isEmpty() || spec.name().startsWith(".") || spec.name().contains("/")) {
      throw new MalformedException("map \"" + spec.name() + "\": no name to pin by");
    }
    Path file = root.resolve(spec.name());
    KernelMap found = reuse(spec, file);
    if (found != null) {
      return found;
    }
    KernelMap map = engine.createMap(spec);
    try {
      makeParent(file);
      map.pin(file);
      pinned.add(file);
      return map;
    } catch (BpfErrnoException failed) {
      map.close();
      // Somebody was faster: take theirs, once.
      KernelMap theirs = failed.errno() == Errno.EEXIST ? reuse(spec, file) : null;
      if (theirs == null) {
        throw failed;
      }
      return theirs;
    } catch (RuntimeException failed) {
      map.close();
      throw failed;
    }
  }

  private @Nullable KernelMap reuse(MapSpec spec, Path file) {
    KernelMap map;
    try {
      map = engine.pinnedMap(file, spec);
    } catch (BpfErrnoException none) {
      if (none.errno() == Errno.ENOENT) {
        return null;
      }
      throw none;
    }
    return map;
  }

  private static void makeParent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      return;
    }
    try {
      Files.createDirectory(
          parent,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException there) {
      // As it should be.
    } catch (IOException failed) {
      throw new BpfErrnoException(
          Errno.ENOENT, "pin of " + file, "its directory cannot be made: " + failed.getMessage());
    }
  }

  /** The spec that a map taken over has: slots that hold maps are not filled again. */
  static MapSpec adopted(MapSpec spec) {
    return spec.type() == MapType.PROG_ARRAY ? spec : spec.withSlots(List.of());
  }

  @Override
  public LoadedProgram load(Program program, List<? extends BpfMap> maps) {
    return engine.load(program, maps);
  }

  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public int cpus() {
    return engine.cpus();
  }

  @Override
  public void close() {}
}

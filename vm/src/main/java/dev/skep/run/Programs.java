package dev.skep.run;

import dev.skep.machine.HandleLayout;
import dev.skep.machine.Handles;
import dev.skep.map.ProgramDirectory;
import dev.skep.natives.Memory;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The loaded programs of one runtime, by number and by the address of their struct bpf_prog. */
final class Programs implements ProgramDirectory {
  private final Handles<VmProgram> handles = new Handles<>();
  private final Map<Integer, VmProgram> open = new ConcurrentHashMap<>();

  /** Enters a program: its handle from now on. */
  int add(VmProgram program) {
    open.put(program.id(), program);
    return handles.add(program);
  }

  /** The creator has closed it; slots may still hold it. */
  void close(VmProgram program) {
    open.remove(program.id());
  }

  void remove(int handle) {
    handles.remove(handle);
  }

  /**
   * The loaded program that a program is to extend; null for others, and where the target is loaded
   * elsewhere or not at all.
   */
  @SuppressWarnings("ReferenceEquality") // two loads of equal programs are two programs
  @Nullable VmProgram extendedBy(Program program) {
    Program target = program.attachProgram();
    if (program.type() != ProgramType.EXT || target == null) {
      return null;
    }
    for (VmProgram loaded : open.values()) {
      if (loaded.program() == target) {
        return loaded;
      }
    }
    return null;
  }

  @Override
  public @Nullable VmProgram byId(int id) {
    return open.get(id);
  }

  @Override
  public @Nullable VmProgram at(long block) {
    return handles.get((int) Memory.getLong(block + HandleLayout.PROGRAM));
  }
}

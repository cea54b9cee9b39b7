package dev.skep.map;

import dev.skep.errors.Errno;
import dev.skep.program.AttachType;
import dev.skep.program.ProgramType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The XDP programs that elements of a device or CPU map run; the caller holds the map's lock. */
final class TargetPrograms {
  private final Maps maps;
  private final AttachType attach;
  private final MapOwner owner = new MapOwner(false);
  private final Map<Integer, MapProgram> programs = new HashMap<>();

  /** What {@link #acquire} gave last. */
  private @Nullable MapProgram acquired;

  /**
   * @param attach what such programs are loaded for
   */
  TargetPrograms(Maps maps, AttachType attach) {
    this.maps = maps;
    this.attach = attach;
  }

  /** Whether a program goes with those that the map has seen. */
  boolean accept(MapProgram program) {
    return owner.accept(program);
  }

  /** The program for a slot value, with a reference; null for none; a negative errno throws. */
  long acquire(int slotValue) {
    acquired = null;
    if (slotValue <= 0) {
      return 0;
    }
    MapProgram program = maps.directory().byId(slotValue);
    if (program == null
        || program.owner().type() != ProgramType.XDP
        || program.owner().expectedAttachType() != attach.number()
        || !accept(program)
        || !program.retain()) {
      return -Errno.EINVAL;
    }
    acquired = program;
    return slotValue;
  }

  /** Puts the program that {@link #acquire} gave, or 0, at an element, in place of another one. */
  void put(int element, int id) {
    MapProgram added = id == 0 ? null : acquired;
    @Nullable MapProgram old =
        added == null ? programs.remove(element) : programs.put(element, added);
    if (old != null) {
      old.release();
    }
  }

  void clear() {
    programs.values().forEach(MapProgram::release);
    programs.clear();
  }
}

package dev.skep.cli;

import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import dev.skep.object.ObjectProgram;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which program of an object is meant when none is named: the one that no program array jumps to.
 */
final class EntryProgram {
  private EntryProgram() {}

  /** The name of the program to run; {@link UsageException} where the choice is not clear. */
  static String choose(BpfObject object, @Nullable String wanted) {
    return choose(object, wanted, List.of());
  }

  /**
   * As {@link #choose(BpfObject, String)}.
   *
   * @param members programs that will be put into slots
   */
  static String choose(BpfObject object, @Nullable String wanted, List<String> members) {
    List<String> names = object.programs().stream().map(ObjectProgram::name).toList();
    if (wanted != null) {
      if (!names.contains(wanted)) {
        throw new UsageException(
            object.name() + ": no program \"" + wanted + "\"; it has " + String.join(", ", names));
      }
      return wanted;
    }
    List<String> entries =
        names.stream().filter(name -> !isSlot(object, name) && !members.contains(name)).toList();
    if (entries.size() == 1) {
      return entries.getFirst();
    }
    throw new UsageException(
        names.isEmpty()
            ? object.name() + ": has no program"
            : object.name() + ": name one of its programs: " + String.join(", ", names));
  }

  /** Loads a program and those that the object's program arrays name. */
  static LoadedObject load(Engine engine, BpfObject object, String name) {
    return load(engine, object, name, List.of());
  }

  /** As {@link #load(Engine, BpfObject, String)}, with programs that will be put into slots. */
  static LoadedObject load(Engine engine, BpfObject object, String name, List<String> members) {
    for (ObjectProgram other : object.programs()) {
      object.autoload(
          other.name(),
          other.name().equals(name)
              || members.contains(other.name())
              || isSlot(object, other.name()));
    }
    return engine.load(object);
  }

  /** Whether a static slot of a program array holds the program. */
  static boolean isSlot(BpfObject object, String program) {
    for (ObjectMap map : object.maps()) {
      if (map.spec().slots().contains(program)) {
        return true;
      }
    }
    return false;
  }
}

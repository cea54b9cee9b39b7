package dev.skep.cli;

import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.ProgramArray;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import dev.skep.object.ObjectProgram;
import dev.skep.program.MapType;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** {@code --prog-array}: which programs lie in which slots of program arrays before the run. */
final class SlotOptions {
  private static final Pattern FORM = Pattern.compile("(.+):(\\d{1,10}|0x[0-9a-fA-F]{1,8})=(.*)");

  @Option(
      names = "--prog-array",
      paramLabel = "MAP:INDEX=PROG",
      description = "Put a program into a slot of a program array; without PROG, empty the slot.")
  List<String> given = List.of();

  /**
   * One slot.
   *
   * @param program empty for none
   */
  private record Slot(String text, String map, long index, String program) {}

  private List<Slot> slots() {
    List<Slot> slots = new ArrayList<>();
    for (String text : given) {
      Matcher parts = FORM.matcher(text);
      if (!parts.matches()) {
        throw new UsageException(
            "--prog-array: want MAP:INDEX=PROG, as in jumps:0=parse, not \"" + text + "\"");
      }
      slots.add(
          new Slot(text, parts.group(1), Long.decode(decimal(parts.group(2))), parts.group(3)));
    }
    return slots;
  }

  /** Leading zeros do not make a number octal. */
  private static String decimal(String number) {
    return number.startsWith("0x") ? number : number.replaceFirst("^0+(?=.)", "");
  }

  /** Names of the programs that are put into slots, once the object is known to have them all. */
  List<String> programs(BpfObject object) {
    List<String> programs = new ArrayList<>();
    for (Slot slot : slots()) {
      checkMap(object, slot);
      List<String> known = object.programs().stream().map(ObjectProgram::name).toList();
      if (!slot.program.isEmpty()) {
        if (!known.contains(slot.program)) {
          throw new UsageException(
              "--prog-array: no program \""
                  + slot.program
                  + "\"; "
                  + object.name()
                  + " has "
                  + String.join(", ", known));
        }
        programs.add(slot.program);
      }
    }
    return programs;
  }

  private static void checkMap(BpfObject object, Slot slot) {
    List<String> arrays = new ArrayList<>();
    for (ObjectMap map : object.maps()) {
      if (map.spec().type() != MapType.PROG_ARRAY) {
        continue;
      }
      arrays.add(map.name());
      if (map.name().equals(slot.map)) {
        long entries = Integer.toUnsignedLong(map.spec().maxEntries());
        if (slot.index >= entries) {
          throw new UsageException(
              "--prog-array: " + slot.text + ": \"" + slot.map + "\" has " + entries + " slots");
        }
        return;
      }
    }
    throw new UsageException(
        "--prog-array: no program array \""
            + slot.map
            + "\"; "
            + object.name()
            + " has "
            + (arrays.isEmpty() ? "none" : String.join(", ", arrays)));
  }

  /**
   * Changes the slots of a loaded object, in the order of the command line.
   *
   * @throws BpfErrnoException where the engine refuses a program
   */
  void apply(LoadedObject object) {
    for (Slot slot : slots()) {
      BpfMap map = object.map(slot.map);
      ProgramArray array = map.programArray();
      try {
        if (slot.program.isEmpty()) {
          array.remove((int) slot.index);
        } else {
          array.set((int) slot.index, object.program(slot.program));
        }
      } catch (BpfErrnoException refused) {
        throw new BpfErrnoException(refused.errno(), "--prog-array " + slot.text, hint(refused));
      }
    }
  }

  private static String hint(BpfErrnoException refused) {
    return switch (refused.errno()) {
      case Errno.EINVAL ->
          "its type, attach type, flags, target or cgroup storage are not those of the programs"
              + " that use the array";
      case Errno.EBUSY -> "an extension has changed it";
      default -> "";
    };
  }
}

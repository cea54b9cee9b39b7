package dev.skep.run;

import dev.skep.engine.BpfMap;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The maps that a program is loaded with, beside those that it was written for: what is proved of a
 * program holds for maps of the sizes that it was proved with.
 */
final class GivenMaps {
  private GivenMaps() {}

  /** The program with the maps that are there, as Linux judges it. */
  static Program judged(Program program, List<? extends BpfMap> given) {
    checkCount(program, given);
    if (firstOther(program, given) < 0) {
      return program;
    }
    List<MapSpec> specs = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      MapSpec spec = program.maps().get(i);
      specs.add(isLike(spec, given.get(i).spec()) ? spec : given.get(i).spec());
    }
    return program.withMaps(specs);
  }

  /**
   * Checks the maps of a program that was verified before.
   *
   * @throws IllegalArgumentException if one is another map than the program was verified with
   */
  static void check(Program program, List<? extends BpfMap> given) {
    checkCount(program, given);
    int other = firstOther(program, given);
    if (other >= 0) {
      throw new IllegalArgumentException(
          "map "
              + other
              + " of program \""
              + program.name()
              + "\": "
              + text(given.get(other).spec())
              + ", but it was verified with "
              + text(program.maps().get(other)));
    }
  }

  private static void checkCount(Program program, List<? extends BpfMap> given) {
    if (given.size() != program.maps().size()) {
      throw new IllegalArgumentException(
          given.size()
              + " maps for program \""
              + program.name()
              + "\", want "
              + program.maps().size());
    }
  }

  private static int firstOther(Program program, List<? extends BpfMap> given) {
    for (int i = 0; i < given.size(); i++) {
      if (!isLike(program.maps().get(i), given.get(i).spec())) {
        return i;
      }
    }
    return -1;
  }

  private static boolean isLike(MapSpec wanted, MapSpec given) {
    return wanted.type() == given.type()
        && wanted.keySize() == given.keySize()
        && wanted.valueSize() == given.valueSize()
        && (wanted.maxEntries() == given.maxEntries() || isUnsized(wanted))
        && wanted.flags() == given.flags()
        && isLikeInner(wanted.inner(), given.inner());
  }

  /** A perf_event_array that gets one slot per CPU when it is created. */
  private static boolean isUnsized(MapSpec spec) {
    return spec.type() == MapType.PERF_EVENT_ARRAY && spec.maxEntries() == 0;
  }

  private static boolean isLikeInner(@Nullable MapSpec wanted, @Nullable MapSpec given) {
    if (wanted == null || given == null) {
      return wanted == null && given == null;
    }
    return isLike(wanted, given);
  }

  private static String text(MapSpec spec) {
    return spec.type().text()
        + ", key "
        + spec.keySize()
        + " B, value "
        + spec.valueSize()
        + " B, max_entries "
        + (spec.maxEntries() & 0xffffffffL)
        + ", flags 0x"
        + Integer.toHexString(spec.flags());
  }
}

package dev.skep.linux.sys;

import dev.skep.errors.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The CPUs that may ever come online: per-CPU values have one part for each. */
public final class PossibleCpus {
  private static final Path FILE = Path.of("/sys/devices/system/cpu/possible");

  private PossibleCpus() {}

  /** How many there are here. */
  public static int count() {
    try {
      return count(Files.readString(FILE));
    } catch (IOException unreadable) {
      return Runtime.getRuntime().availableProcessors();
    }
  }

  /** The count of a list such as "0-3,8". */
  public static int count(String list) {
    int cpus = 0;
    for (int[] range : ranges(list)) {
      cpus += range[1] - range[0] + 1;
    }
    return cpus;
  }

  /** One more than the highest number in a list such as "0-3,8" (nr_cpu_ids). */
  public static int ids(String list) {
    int ids = 0;
    for (int[] range : ranges(list)) {
      ids = Math.max(ids, range[1] + 1);
    }
    return ids;
  }

  private static List<int[]> ranges(String list) {
    List<int[]> ranges = new ArrayList<>();
    try {
      for (String range : list.strip().split(",", -1)) {
        int dash = range.indexOf('-');
        int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
        int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
        ranges.add(new int[] {first, last});
      }
    } catch (NumberFormatException bad) {
      throw new MalformedException("cpu list \"" + list.strip() + "\"");
    }
    return ranges;
  }
}

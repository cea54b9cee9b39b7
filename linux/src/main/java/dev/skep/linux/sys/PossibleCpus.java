package dev.skep.linux.sys;

import dev.skep.errors.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
    try {
      for (String range : list.strip().split(",", -1)) {
        int dash = range.indexOf('-');
        int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
        int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
        cpus += last - first + 1;
      }
    } catch (NumberFormatException bad) {
      throw new MalformedException("cpu list \"" + list.strip() + "\"");
    }
    return cpus;
  }
}

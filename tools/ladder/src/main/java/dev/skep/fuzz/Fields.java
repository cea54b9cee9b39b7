package dev.skep.fuzz;

import dev.skep.ladder.Finding;
import java.util.ArrayList;
import java.util.List;

/** The parts of a result: {@code retval=0x1 size=14 data=.. ctx=..}, or a map's contents. */
final class Fields {
  private Fields() {}

  /** The names of the parts that differ in the first line that does. */
  static String different(Finding finding) {
    String linux = line(finding, "  linux: ");
    String skep = line(finding, "  skep:  ");
    if (skep.startsWith("threw ")) {
      return skep.replaceAll("0x[0-9a-f]+|-?[0-9]+", "N");
    }
    if (linux.startsWith("map ")) {
      return "map";
    }
    String[] left = linux.split(" ", -1);
    String[] right = skep.split(" ", -1);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < Math.min(left.length, right.length); i++) {
      if (!left[i].equals(right[i])) {
        names.add(left[i].replaceFirst("=.*", "") + "/" + right[i].replaceFirst("=.*", ""));
      }
    }
    return String.join(" ", names);
  }

  private static String line(Finding finding, String prefix) {
    for (String line : finding.detail().split("\n", -1)) {
      if (line.startsWith(prefix)) {
        return line.substring(prefix.length());
      }
    }
    return "";
  }
}

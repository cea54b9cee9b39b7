package dev.skep.cli.stats;

import dev.skep.errors.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file with an entry a line: of objects, filters or presets. */
public final class ListFile {
  private ListFile() {}

  /**
   * The lines without blanks around them; empty ones and those that begin with '#' are left out.
   *
   * @throws MalformedException if it cannot be read
   */
  public static List<String> lines(String path) {
    return read(path).stream()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .toList();
  }

  static List<String> read(String path) {
    Path file = Path.of(path);
    if (!Files.exists(file)) {
      throw new MalformedException(path + ": no such file");
    }
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new MalformedException(path + ": cannot be read: " + e.getMessage());
    }
  }
}

package dev.skep.maven;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * An object that is to have a class.
 *
 * @param file absolute
 * @param name of the object; empty for the file's up to its first dot
 */
record BpfFile(Path file, String name) {
  /** The line that asks the generator for it. */
  String request() {
    return file + "\t" + name;
  }

  /** The objects of some files, with the names that are given by file name. */
  static List<BpfFile> of(Iterable<Path> files, Map<String, String> names) throws IOException {
    List<BpfFile> objects = new ArrayList<>();
    TreeSet<String> unused = new TreeSet<>(names.keySet());
    for (Path file : files) {
      String fileName = String.valueOf(file.getFileName());
      if (file.toString().contains("\n")) {
        throw new IOException(fileName + ": a line break in its name");
      }
      unused.remove(fileName);
      String name = names.getOrDefault(fileName, "").strip();
      objects.add(new BpfFile(file.toAbsolutePath().normalize(), name));
    }
    if (!unused.isEmpty()) {
      throw new IOException("names: no object is called " + unused.first());
    }
    return objects;
  }

  /** The files below a folder that match one of the globs, sorted; none if there is no folder. */
  static List<Path> find(Path folder, List<String> globs) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<PathMatcher> matchers = new ArrayList<>();
    for (String glob : globs) {
      matchers.add(FileSystems.getDefault().getPathMatcher("glob:" + glob));
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> matchers.stream().anyMatch(m -> m.matches(folder.relativize(file))))
          .sorted()
          .toList();
    }
  }
}

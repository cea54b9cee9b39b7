package dev.skep.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * What the last run was asked and what it wrote, in a file beside the classes: a run that would be
 * the same does not start the generator, and classes that no object has any more are deleted.
 *
 * <p>The file has a line for everything that decides about the result, and after an empty one a
 * line for each class.
 *
 * @param inputs lines
 * @param classes files
 */
record LastRun(List<String> inputs, List<Path> classes) {
  private static final String FIRST_LINE = "// Made by skep gen skeleton ";

  static final LastRun NONE = new LastRun(List.of(), List.of());

  /** Everything that decides about the result: files by their sizes and times. */
  static List<String> inputs(
      Path folder, String packageName, List<BpfFile> objects, List<Path> classPath)
      throws IOException {
    List<String> inputs = new ArrayList<>();
    inputs.add("folder " + folder);
    inputs.add("package " + packageName);
    for (BpfFile object : objects) {
      inputs.add("object " + stamp(object.file()) + " " + object.request());
    }
    for (Path entry : classPath) {
      inputs.add("generator " + stamp(entry) + " " + entry);
    }
    return inputs;
  }

  /** Size and time; of a file that is missing, what no file has. */
  private static String stamp(Path file) throws IOException {
    if (!Files.exists(file)) {
      return "missing";
    }
    BasicFileAttributes about = Files.readAttributes(file, BasicFileAttributes.class);
    return about.size() + " " + about.lastModifiedTime().toInstant();
  }

  static LastRun read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return NONE;
    }
    List<String> lines = Files.readAllLines(file);
    int end = lines.indexOf("");
    if (end < 0) {
      return NONE;
    }
    List<Path> classes = lines.subList(end + 1, lines.size()).stream().map(Path::of).toList();
    return new LastRun(lines.subList(0, end), classes);
  }

  void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>(inputs);
    lines.add("");
    classes.forEach(each -> lines.add(each.toString()));
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.write(file, lines);
  }

  /** Whether the same inputs led to classes that are all still there. */
  boolean isCurrent(List<String> now) {
    return inputs.equals(now) && classes.stream().allMatch(Files::exists);
  }

  /** Deletes the classes that a later run did not ask for, if they are the generator's. */
  void deleteAllBut(List<Path> kept) throws IOException {
    for (Path each : classes) {
      if (!kept.contains(each) && isGenerated(each)) {
        Files.delete(each);
      }
    }
  }

  private static boolean isGenerated(Path file) throws IOException {
    return Files.isRegularFile(file)
        && file.toString().endsWith(".java")
        && Files.readString(file).startsWith(FIRST_LINE);
  }
}

package dev.skep.maven;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Starts the generator, dev.skep.skeleton.SkeletonBatch, in a Java of its own.
 *
 * @param java the command, of Java 25 or newer
 * @param classPath of the generator
 */
record Generator(Path java, List<Path> classPath) {
  /**
   * What it did.
   *
   * @param classes the files of all objects, in the order of the objects
   * @param written how many of them changed
   */
  record Result(List<Path> classes, int written) {}

  /** Objects that have no skeleton, one line for each. */
  static final class WrongObjectsException extends Exception {
    private static final long serialVersionUID = 1;

    WrongObjectsException(List<String> lines) {
      super(String.join("\n", lines));
    }
  }

  /** Writes the classes below a folder, or none of them if an object is wrong. */
  Result generate(Path folder, String packageName, List<BpfFile> objects)
      throws IOException, InterruptedException, WrongObjectsException {
    Process process = new ProcessBuilder(command()).redirectErrorStream(true).start();
    List<Path> classes = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    List<String> other = new ArrayList<>();
    int written = 0;
    try (BufferedReader answers = process.inputReader(StandardCharsets.UTF_8)) {
      request(process, folder, packageName, objects);
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        if (line.startsWith("! ")) {
          wrong.add(line.substring(2));
        } else if (line.startsWith("+ ") || line.startsWith("= ")) {
          classes.add(Path.of(line.substring(2)));
          written += line.startsWith("+") ? 1 : 0;
        } else {
          other.add(line);
        }
      }
    }
    int status = process.waitFor();
    if (!wrong.isEmpty()) {
      throw new WrongObjectsException(wrong);
    }
    if (status != 0 || classes.size() != objects.size()) {
      throw new IOException(
          "the generator (" + java + ") ended with " + status + ": " + String.join("\n", other));
    }
    return new Result(classes, written);
  }

  private List<String> command() {
    String path =
        classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    return List.of(
        java.toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        "-cp",
        path,
        "dev.skep.skeleton.SkeletonBatch");
  }

  private static void request(
      Process process, Path folder, String packageName, List<BpfFile> objects) {
    try (BufferedWriter request = process.outputWriter(StandardCharsets.UTF_8)) {
      request.write(folder + "\n" + packageName + "\n");
      for (BpfFile object : objects) {
        request.write(object.request() + "\n");
      }
    } catch (IOException e) {
      // A Java that did not start reads nothing; what it said instead is the error.
    }
  }
}

package dev.skep.skeleton;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the skeletons of many objects: what the Maven plugin starts, as Maven may run on a Java
 * that is too old for Skep.
 *
 * <p>Standard input has the source folder, the package (maybe empty), then a line for each object:
 * its file, a tab, its name (empty for the file's). Standard output answers each object with a
 * line: {@code + CLASS} for a file that was written, {@code = CLASS} for one that was the same, or
 * {@code ! FILE: what is wrong}. Nothing is written, and the exit status is 1, if an object is
 * wrong.
 */
final class SkeletonBatch {
  private final Path folder;
  private final String packageName;
  private final PrintStream out;
  private final Map<Path, String> files = new LinkedHashMap<>();
  private final List<Skeleton> skeletons = new ArrayList<>();
  private boolean failed;

  private SkeletonBatch(Path folder, String packageName, PrintStream out) {
    this.folder = folder;
    this.packageName = packageName;
    this.out = out;
  }

  static void main() throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    boolean done = run(in, out);
    out.flush();
    System.exit(done ? 0 : 1);
  }

  /** Answers a request; false if an object is wrong. */
  static boolean run(BufferedReader in, PrintStream out) throws IOException {
    String folder = in.readLine();
    String packageName = in.readLine();
    if (folder == null || packageName == null) {
      throw new MalformedException("the request ends before its objects");
    }
    SkeletonBatch batch = new SkeletonBatch(Path.of(folder), packageName, out);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      int tab = line.lastIndexOf('\t');
      if (tab < 0) {
        throw new MalformedException("an object without a name: " + line);
      }
      String name = line.substring(tab + 1);
      batch.add(line.substring(0, tab), name.isEmpty() ? null : name);
    }
    return batch.write();
  }

  private void add(String file, @Nullable String name) {
    try {
      Path path = Path.of(file);
      String fileName = String.valueOf(path.getFileName());
      Skeleton skeleton = Skeleton.of(fileName, Files.readAllBytes(path), name, packageName);
      String other = files.putIfAbsent(skeleton.path(), file);
      if (other == null) {
        skeletons.add(skeleton);
      } else {
        wrong(file, "its class " + skeleton.className() + " is that of " + other + ", too");
      }
    } catch (NoSuchFileException e) {
      wrong(file, "no such file");
    } catch (IOException e) {
      wrong(file, "cannot be read (" + e.getMessage() + ")");
    } catch (MalformedException | UnsupportedException | IllegalArgumentException e) {
      wrong(file, String.valueOf(e.getMessage()));
    }
  }

  private void wrong(String file, String message) {
    failed = true;
    out.println("! " + file + ": " + message);
  }

  private boolean write() throws IOException {
    if (failed) {
      return false;
    }
    for (Skeleton skeleton : skeletons) {
      Path file = folder.resolve(skeleton.path());
      out.println((skeleton.writeTo(folder) ? "+ " : "= ") + file);
    }
    return true;
  }
}

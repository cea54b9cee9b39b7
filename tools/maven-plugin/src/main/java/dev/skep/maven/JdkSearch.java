package dev.skep.maven;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a Java that Skep can run on: 25 or newer. It asks where the launcher asks:
 * SKEP_JAVA_HOME, JAVA_HOME, the Java of Maven itself, then the folders where JDKs are installed,
 * of which the newest is taken.
 */
final class JdkSearch {
  static final int OLDEST = 25;

  private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(?:1\\.)?(\\d+).*");

  private final List<Path> first = new ArrayList<>();
  private final List<Path> folders = new ArrayList<>();

  /**
   * @param environment of Maven's process
   * @param javaHome of the Java that runs Maven
   * @param userHome of the user
   */
  JdkSearch(Map<String, String> environment, Path javaHome, Path userHome) {
    for (String variable : List.of("SKEP_JAVA_HOME", "JAVA_HOME")) {
      String home = environment.getOrDefault(variable, "");
      if (!home.isEmpty()) {
        first.add(Path.of(home));
      }
    }
    first.add(javaHome);
    Path beside = javaHome.toAbsolutePath().getParent();
    if (beside != null) {
      folders.add(beside);
    }
    folders.add(Path.of("/usr/lib/jvm"));
    folders.add(userHome.resolve(".sdkman/candidates/java"));
    folders.add(userHome.resolve(".jdks"));
    folders.add(Path.of("/opt"));
    folders.add(Path.of("/Library/Java/JavaVirtualMachines"));
  }

  /** A JDK's home, or null if no Java here is new enough. */
  @Nullable Path find() throws IOException {
    for (Path home : first) {
      if (version(home) >= OLDEST) {
        return home;
      }
    }
    for (Path folder : folders) {
      Path newest = newestOf(folder);
      if (newest != null) {
        return newest;
      }
    }
    return null;
  }

  private static @Nullable Path newestOf(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return null;
    }
    Path newest = null;
    int newestVersion = OLDEST - 1;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        for (Path home : List.of(entry, entry.resolve("Contents/Home"))) {
          int version = version(home);
          if (version > newestVersion) {
            newest = home;
            newestVersion = version;
          }
        }
      }
    }
    return newest;
  }

  /** The feature version of the JDK or JRE in a folder, 0 if there is none. */
  static int version(Path home) throws IOException {
    Path release = home.resolve("release");
    if (!Files.isReadable(release) || !Files.isExecutable(java(home))) {
      return 0;
    }
    for (String line : Files.readAllLines(release)) {
      Matcher version = VERSION.matcher(line);
      if (version.matches()) {
        return Integer.parseInt(version.group(1));
      }
    }
    return 0;
  }

  /** The command of a JDK. */
  static Path java(Path home) {
    Path windows = home.resolve("bin/java.exe");
    return Files.exists(windows) ? windows : home.resolve("bin/java");
  }
}

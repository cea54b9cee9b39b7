package dev.skep.linux.link;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds a program or library by name as libbpf does (resolve_full_path). */
final class BinaryPath {
  private BinaryPath() {}

  /** A name with a slash is a path; libraries and programs are searched in their directories. */
  static Path resolve(String name, String what) {
    if (name.contains("!/")) {
      throw new UnsupportedException(what + ": members of archives");
    }
    if (name.contains("/")) {
      return Path.of(name);
    }
    boolean library = name.endsWith(".so") || name.contains(".so.");
    for (String directory : library ? libraries() : programs()) {
      Path candidate = Path.of(directory.isEmpty() ? "." : directory).resolve(name);
      if (Files.isRegularFile(candidate)
          && (library ? Files.isReadable(candidate) : Files.isExecutable(candidate))) {
        return candidate;
      }
    }
    throw new BpfErrnoException(
        Errno.ENOENT,
        what,
        "no " + (library ? "library" : "program") + " \"" + name + "\" in the usual directories");
  }

  private static List<String> libraries() {
    List<String> directories = new ArrayList<>(ofVariable("LD_LIBRARY_PATH"));
    directories.add("/usr/lib64");
    directories.add("/usr/lib");
    boolean arm = System.getProperty("os.arch", "").equals("aarch64");
    directories.add(arm ? "/lib/aarch64-linux-gnu" : "/lib/x86_64-linux-gnu");
    directories.add("/lib64");
    directories.add("/lib");
    return directories;
  }

  private static List<String> programs() {
    List<String> directories = new ArrayList<>(ofVariable("PATH"));
    directories.add("/usr/bin");
    directories.add("/usr/sbin");
    return directories;
  }

  private static List<String> ofVariable(String variable) {
    String value = System.getenv(variable);
    return value == null || value.isEmpty()
        ? List.of()
        : List.of(value.split(File.pathSeparator, -1));
  }
}

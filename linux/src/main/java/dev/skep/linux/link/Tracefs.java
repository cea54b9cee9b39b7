package dev.skep.linux.link;

import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The tracing file system: numbers of events, and the control files of older kernels. */
final class Tracefs {
  private static final Path[] PLACES = {
    Path.of("/sys/kernel/tracing"), Path.of("/sys/kernel/debug/tracing")
  };

  private Tracefs() {}

  /** Where it is mounted. */
  static Path root(String what) {
    for (Path place : PLACES) {
      if (Files.isDirectory(place.resolve("events"))) {
        return place;
      }
    }
    throw new UnsupportedException(
        what + ": no tracefs here: mount -t tracefs tracefs /sys/kernel/tracing");
  }

  /** The number of an event. */
  static long eventId(String category, String name, String what) {
    if (!isWord(category) || !isWord(name)) {
      throw new IllegalArgumentException("tracepoint \"" + category + "/" + name + "\"");
    }
    Path file = root(what).resolve("events").resolve(category).resolve(name).resolve("id");
    try {
      return Long.parseLong(Files.readString(file).strip());
    } catch (AccessDeniedException denied) {
      throw new BpfErrnoException(Errno.EACCES, what, "tracefs may be read by root only");
    } catch (IOException | NumberFormatException missing) {
      throw new BpfErrnoException(
          Errno.ENOENT, what, "this kernel has no tracepoint " + category + "/" + name);
    }
  }

  /** Whether it is a name that cannot lead out of its directory. */
  private static boolean isWord(String name) {
    return !name.isEmpty()
        && name.chars().allMatch(c -> c == '_' || c == '-' || Character.isLetterOrDigit(c));
  }
}

package dev.skep.linux.link;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A cgroup of a test's own, and processes in it. */
final class OwnCgroup implements AutoCloseable {
  private final Path directory;

  private OwnCgroup(Path directory) {
    this.directory = directory;
  }

  /** Makes one, or skips the test where that is not allowed. */
  static OwnCgroup make() throws IOException {
    Path directory = root().resolve("skep-test-" + ProcessHandle.current().pid());
    try {
      Files.createDirectory(directory);
    } catch (IOException refused) {
      Assumptions.abort("no cgroup of our own: " + refused);
    }
    return new OwnCgroup(directory);
  }

  private static Path root() throws IOException {
    List<String> mounts = Files.readAllLines(Path.of("/proc/self/mounts"));
    for (String mount : mounts) {
      String[] fields = mount.split(" ", -1);
      if (fields.length > 2 && fields[2].equals("cgroup2")) {
        return Path.of(fields[1]);
      }
    }
    return Assumptions.abort("no cgroup2 file system is mounted here");
  }

  Path directory() {
    return directory;
  }

  /** Sends a UDP packet to 127.0.0.1 from a process in the cgroup. */
  void send(int port) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "echo $$ > \"$0/cgroup.procs\" && echo x > /dev/udp/127.0.0.1/" + port,
                directory.toString())
            .inheritIO()
            .start();
    Assumptions.assumeTrue(process.waitFor() == 0, "a process cannot be moved into the cgroup");
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(directory);
  }
}

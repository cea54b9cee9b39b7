import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Completes the distribution that the launcher starts: puts the command's jar beside its libraries
 * and lets a training run write the AOT cache (JEP 483, 514). A JVM that cannot use the cache
 * ignores it.
 */
final class Dist {
  public static void main(String[] args) throws IOException, InterruptedException {
    Path dist = Path.of(args[0]);
    Path jar = Path.of(args[1]);
    Path example = Path.of(args[2]);
    Path lib = dist.resolve("lib");
    Files.copy(jar, lib.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    List<String> modules = new ArrayList<>();
    try (var files = Files.list(lib)) {
      files.map(Path::toString).filter(f -> f.endsWith(".jar")).sorted().forEach(modules::add);
    }
    String modulePath = String.join(File.pathSeparator, modules);
    Path cache = dist.resolve("skep.aot");
    Files.deleteIfExists(cache);
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:AOTCacheOutput=" + cache,
            "-XX:+UseSerialGC",
            "--enable-native-access=dev.skep.natives",
            "--module-path=" + modulePath,
            "--module=dev.skep.cli/dev.skep.cli.Main",
            "warm-up",
            example.toString());
    Process training =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dist.resolve("training.log").toFile())
            .start();
    int status = training.waitFor();
    if (status != 0) {
      System.err.println(Files.readString(dist.resolve("training.log")));
      throw new IOException("training run of the AOT cache ended with " + status);
    }
    Files.writeString(dist.resolve("module-path"), modulePath);
  }
}

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Completes the distribution that the launcher starts: puts the command's jar beside its libraries
 * and lets a training run write the AOT cache (JEP 483, 514, 515). A JVM that cannot use the cache
 * ignores it.
 *
 * <p>The cache takes no class that is older than Java 6. Picocli's are, and reading and checking
 * them is most of a short command's time; so the distribution has them with stack maps, as Java 8.
 *
 * <p>What a process may be using is replaced in one step: a start beside a build sees the old
 * cache, the new one or none.
 */
final class Dist {
  /** Classes below this version have no stack maps. */
  private static final int FIRST_WITH_STACK_MAPS = 50;

  public static void main(String[] args) throws IOException, InterruptedException {
    Path dist = Path.of(args[0]);
    Path jar = Path.of(args[1]);
    Path root = Path.of(args[2]);
    Path lib = dist.resolve("lib");
    Files.copy(jar, lib.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    List<Path> jars;
    try (var files = Files.list(lib)) {
      jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    }
    for (Path library : jars) {
      if (String.valueOf(library.getFileName()).startsWith("picocli")) {
        modernise(library);
      }
    }
    String modulePath = String.join(File.pathSeparator, jars.stream().map(Path::toString).toList());
    train(dist, modulePath, root);
    replace(dist.resolve("jdk"), System.getProperty("java.home").getBytes());
    replace(dist.resolve("module-path"), modulePath.getBytes());
  }

  private static void train(Path dist, String modulePath, Path root)
      throws IOException, InterruptedException {
    Path cache = dist.resolve("skep.aot.new");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:AOTCacheOutput=" + cache,
            "-XX:+UseSerialGC",
            "--enable-native-access=dev.skep.natives",
            "--module-path=" + modulePath,
            "--module=dev.skep.cli/dev.skep.cli.Main",
            "warm-up",
            root.toString());
    Process training =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(dist.resolve("training.log").toFile())
            .start();
    int status = training.waitFor();
    if (status != 0 || !Files.exists(cache)) {
      System.err.println(Files.readString(dist.resolve("training.log")));
      throw new IOException("training run of the AOT cache ended with " + status);
    }
    Files.move(
        cache,
        dist.resolve("skep.aot"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static void replace(Path file, byte[] bytes) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    Files.write(beside, bytes);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The same jar, its old classes with stack maps. */
  private static void modernise(Path jar) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()});
        ZipFile from = new ZipFile(jar.toFile());
        ZipOutputStream to = new ZipOutputStream(bytes)) {
      ClassFile format =
          ClassFile.of(
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.defaultResolver()
                      .orElse(ClassHierarchyResolver.ofResourceParsing(loader))));
      for (ZipEntry entry : from.stream().map(ZipEntry.class::cast).toList()) {
        byte[] content = from.getInputStream(entry).readAllBytes();
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setTime(entry.getTime());
        to.putNextEntry(copy);
        to.write(entry.getName().endsWith(".class") ? modernised(format, content) : content);
        to.closeEntry();
      }
    }
    replace(jar, bytes.toByteArray());
  }

  private static byte[] modernised(ClassFile format, byte[] content) {
    ClassModel model = format.parse(content);
    if (model.majorVersion() >= FIRST_WITH_STACK_MAPS) {
      return content;
    }
    ClassTransform version =
        (ClassTransform)
            (builder, element) -> {
              if (element instanceof ClassFileVersion) {
                builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
              } else {
                builder.with(element);
              }
            };
    // Methods are taken apart and put together again: that is what computes the stack maps.
    return format.transformClass(
        model,
        ClassTransform.transformingMethodBodies((builder, element) -> builder.with(element))
            .andThen(version));
  }
}

package dev.skep.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * What the training run of the AOT cache does: the common commands on the objects of this project,
 * so that the cache has their classes, linked, and knows which methods get hot; then it loads all
 * other classes of ours.
 */
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
  private static final PrintWriter OUT = new PrintWriter(Writer.nullWriter());
  private static final List<String> FOLDERS =
      List.of(
          "examples", "bench/objects", "core/src/test/resources", "tools/cli/src/test/resources");
  private static final int ROUNDS = 2;

  @Parameters(index = "0", paramLabel = "ROOT", description = "The project's directory.")
  Path root;

  @Override
  public Integer call() throws IOException {
    String example = root.resolve("examples/dispatch.bpf.o").toString();
    for (int i = 0; i < ROUNDS; i++) {
      for (String folder : FOLDERS) {
        for (String object : objects(root.resolve(folder))) {
          Main.run(OUT, OUT, "verify", object);
        }
      }
    }
    Main.run(OUT, OUT, "verify", "-l", "2", example);
    Main.run(OUT, OUT, "verify", "-o", "csv", "-s", "insns", example);
    int status = Main.run(OUT, OUT, "verify", "-o", "json", example);
    status |= Main.run(OUT, OUT, "prog", "dump", "xlated", example);
    status |= Main.run(OUT, OUT, "prog", "dump", "jited", example);
    status |= Main.run(OUT, OUT, "run", example, "--data-in", "hex:" + "00".repeat(60));
    status |= Main.run(OUT, OUT, "--version");
    for (ResolvedModule module : ModuleLayer.boot().configuration().modules()) {
      if (module.name().startsWith("dev.skep")) {
        load(module);
      }
    }
    return status;
  }

  private static List<String> objects(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(Path::toString).filter(file -> file.endsWith(".bpf.o")).sorted().toList();
    }
  }

  private static void load(ResolvedModule module) throws IOException {
    ClassLoader loader = WarmUpCommand.class.getClassLoader();
    try (ModuleReader reader = module.reference().open();
        Stream<String> names = reader.list()) {
      names
          .filter(name -> name.endsWith(".class") && !name.equals("module-info.class"))
          .map(name -> name.substring(0, name.length() - ".class".length()).replace('/', '.'))
          .forEach(name -> load(name, loader));
    }
  }

  private static void load(String name, ClassLoader loader) {
    try {
      Class.forName(name, false, loader);
    } catch (ClassNotFoundException | LinkageError without) {
      // A class that needs what is not here is only left out of the cache.
      return;
    }
  }
}

package dev.skep.cli;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.skeleton.Skeleton;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skep gen skeleton OBJ [name N]}, as bpftool has it, for Java. */
@Command(name = "gen", description = "Write code.", subcommands = GenCommand.SkeletonCommand.class)
final class GenCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    throw new UsageException("gen: say 'skeleton OBJ [name N] [--package P] [-d DIR]'");
  }

  /** The skeleton. */
  @Command(
      name = "skeleton",
      description = "Print a Java class for an object: gen skeleton OBJ [name N].")
  static final class SkeletonCommand implements Callable<Integer> {
    @Spec CommandSpec spec;

    @Option(names = "--debug", description = "Stack traces of failures.")
    boolean debug;

    @Parameters(arity = "1..3", paramLabel = "OBJ [name N]")
    List<String> words;

    @Option(names = "--package", paramLabel = "P", description = "The package of the class.")
    String packageName = "";

    @Option(
        names = {"-d", "--dir"},
        paramLabel = "DIR",
        description = "The source folder to put it in; else it is printed.")
    @Nullable Path folder;

    @Override
    public Integer call() throws IOException {
      if (words.size() != 1 && (words.size() != 3 || !words.get(1).equals("name"))) {
        throw new UsageException("gen skeleton: expected OBJ [name N]");
      }
      Path file = Path.of(words.getFirst());
      Skeleton skeleton = read(file, words.size() == 3 ? words.get(2) : null);
      PrintWriter out = spec.commandLine().getOut();
      if (folder == null) {
        out.print(skeleton.source());
      } else {
        skeleton.writeTo(folder);
        out.println(folder.resolve(skeleton.path()));
      }
      return ExitStatus.OK;
    }

    private Skeleton read(Path file, @Nullable String name) throws IOException {
      try {
        return Skeleton.of(
            file.getFileName().toString(), Files.readAllBytes(file), name, packageName);
      } catch (NoSuchFileException e) {
        throw new MalformedException(file + ": no such file");
      } catch (MalformedException e) {
        throw new MalformedException(file + ": " + e.getMessage());
      } catch (UnsupportedException e) {
        throw new UnsupportedException(file + ": " + e.getMessage());
      } catch (IllegalArgumentException e) {
        throw new UsageException("gen skeleton: " + e.getMessage());
      }
    }
  }
}

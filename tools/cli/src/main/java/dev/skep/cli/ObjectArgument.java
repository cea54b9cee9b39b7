package dev.skep.cli;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.KernelExterns;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An object named on the command line, as in {@code a.bpf.o} or {@code a.bpf.o:prog}.
 *
 * @param program null when none was named
 */
record ObjectArgument(Path path, @Nullable String program) {

  static ObjectArgument parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon > 0 && !Files.exists(Path.of(text))) {
      return new ObjectArgument(Path.of(text.substring(0, colon)), text.substring(colon + 1));
    }
    return new ObjectArgument(Path.of(text), null);
  }

  /** Opens it; {@link MalformedException} when it cannot be read. */
  BpfObject open() {
    if (Files.isDirectory(path)) {
      throw new MalformedException(path + ": is a directory");
    }
    if (!Files.exists(path)) {
      throw new MalformedException(path + ": no such file");
    }
    BpfObject object = read();
    // Relocations and externs are resolved against the running kernel, as by libbpf.
    KernelExterns.resolve(object);
    return object;
  }

  /** Opens it and links the program that it names. */
  Program openProgram() {
    BpfObject object = open();
    String wanted = program;
    if (wanted == null) {
      throw new UsageException(path + ": name a program, as in " + path + ":main");
    }
    for (ObjectProgram candidate : object.programs()) {
      if (candidate.name().equals(wanted)) {
        return object.toProgram(candidate);
      }
    }
    throw new MalformedException(path + ": no program \"" + wanted + "\"");
  }

  private BpfObject read() {
    try {
      return BpfObject.open(path);
    } catch (MalformedException e) {
      throw e.getMessage().startsWith(path.toString())
          ? e
          : new MalformedException(path + ": " + e.getMessage());
    } catch (UnsupportedException e) {
      throw new UnsupportedException(path + ": " + e.getMessage());
    }
  }
}

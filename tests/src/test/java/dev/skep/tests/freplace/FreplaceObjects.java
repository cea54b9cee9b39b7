package dev.skep.tests.freplace;

import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import dev.skep.program.Program;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The two objects of these tests. */
final class FreplaceObjects {
  private FreplaceObjects() {}

  static BpfObject target() {
    return open("target");
  }

  static BpfObject extend() {
    return open("extend");
  }

  private static BpfObject open(String name) {
    String file = "/freplace/" + name + ".bpf.o";
    try (InputStream in = FreplaceObjects.class.getResourceAsStream(file)) {
      return BpfObject.open(name, Objects.requireNonNull(in, file).readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A program of target.bpf.o. */
  static Program target(String program) {
    BpfObject object = target();
    return object.toProgram(object.program(program));
  }

  /**
   * A program of extend.bpf.o.
   *
   * @param function null for the one that its section names
   */
  static Program extension(String program, @Nullable Program target, @Nullable String function) {
    BpfObject object = extend();
    ObjectProgram entry = object.program(program);
    entry.attachTarget(target, function);
    return object.toProgram(entry);
  }
}

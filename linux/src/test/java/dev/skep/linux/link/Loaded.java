package dev.skep.linux.link;

import dev.skep.engine.LoadedObject;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.Linux;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectProgram;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Programs of a test object in the kernel, with the counters that they keep. */
final class Loaded implements AutoCloseable {
  private final KernelEngine engine = Linux.kernel();
  private final LoadedObject object;

  private Loaded(BpfObject source, String... programs) {
    for (ObjectProgram program : source.programs()) {
      source.autoload(program.name(), List.of(programs).contains(program.name()));
    }
    object = engine.load(source);
  }

  /** Loads only these programs of link/NAME.bpf.o. */
  static Loaded of(String name, String... programs) {
    return new Loaded(source(name), programs);
  }

  /** As {@link #of}, with a value for the variable "mark". */
  static Loaded marked(long mark, String name, String... programs) {
    BpfObject source = source(name);
    source.set("mark", mark);
    return new Loaded(source, programs);
  }

  static BpfObject source(String name) {
    try (InputStream in = Loaded.class.getResourceAsStream("/link/" + name + ".bpf.o")) {
      if (in == null) {
        throw new IllegalStateException("no object " + name);
      }
      return BpfObject.open(name, in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  LoadedObject object() {
    return object;
  }

  dev.skep.engine.LoadedProgram program(String name) {
    return object.program(name);
  }

  /** The value of a slot of the map "counts". */
  long count(int slot) {
    byte[] key = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(slot).array();
    byte[] value = object.map("counts").lookup(key);
    if (value == null) {
      throw new IllegalStateException("no slot " + slot);
    }
    return ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getLong();
  }

  /** How many descriptors this process has open. */
  static long descriptors() {
    try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
      return entries.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    object.close();
    engine.close();
  }
}

package dev.skep.object;

import dev.skep.btf.Btf;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The committed objects. */
public final class TestObjects {
  /** Every object, by the name of its file. */
  public static final List<String> ALL =
      List.of(
          "core",
          "externs",
          "globals",
          "legacy",
          "maps",
          "nobtf",
          "subprogs",
          "subprogs-be",
          "target",
          "types");

  private TestObjects() {}

  public static byte[] bytes(String name) {
    return resource(name + ".bpf.o");
  }

  public static BpfObject open(String name) {
    return BpfObject.open(name, bytes(name));
  }

  /** The object's BTF as the compiler wrote it. */
  public static Btf types(String name) {
    return BtfSource.read(bytes(name));
  }

  public static byte[] section(String name, String section) {
    return ElfFile.sectionData(bytes(name), section);
  }

  public static String text(String file) {
    return new String(resource(file), StandardCharsets.UTF_8);
  }

  private static byte[] resource(String file) {
    try (InputStream in = TestObjects.class.getResourceAsStream("/object/" + file)) {
      if (in == null) {
        throw new IllegalArgumentException("no resource " + file);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.skep.cli;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfCDump;
import dev.skep.btf.BtfRawDump;
import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.object.BtfSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;

/** BTF of a file, as text. */
final class BtfText {
  private BtfText() {}

  /** Prints the types of an object's .BTF section or of a raw BTF file. */
  static void print(Path path, String format, boolean json, PrintWriter out) throws IOException {
    if (json) {
      throw new UnsupportedException("btf dump as json");
    }
    Btf btf = read(path);
    switch (format) {
      case "raw" -> BtfRawDump.write(btf, out);
      case "c" -> BtfCDump.write(btf, out);
      default -> throw new UsageException("btf dump: unknown format \"" + format + "\"");
    }
  }

  private static Btf read(Path path) {
    try {
      return BtfSource.read(path);
    } catch (MalformedException e) {
      throw e.getMessage().startsWith(path.toString())
          ? e
          : new MalformedException(path + ": " + e.getMessage());
    }
  }
}

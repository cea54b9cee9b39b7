package dev.skep.object;

import java.nio.file.Path;

/** An opened ELF object: the same result on every machine. */
public final class BpfObject {
  private BpfObject() {}

  /**
   * Reads and links an object.
   *
   * @throws dev.skep.errors.MalformedException if it is no BPF object or cannot be read
   * @throws dev.skep.errors.UnsupportedException if it needs what Skep lacks
   */
  public static BpfObject open(Path path) {
    throw new UnsupportedOperationException("open " + path);
  }
}

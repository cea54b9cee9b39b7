package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.errors.MalformedException;
import java.nio.file.Path;

/** Finds BTF in a file: the blob itself, or the .BTF section of an ELF object as it is there. */
public final class BtfSource {
  private BtfSource() {}

  /**
   * Reads a file.
   *
   * @throws MalformedException if it cannot be read or holds no BTF
   */
  public static Btf read(Path path) {
    return read(BpfObject.read(path));
  }

  /** As {@link #read(Path)}, of the file's bytes. */
  public static Btf read(byte[] bytes) {
    if (!ElfFile.hasMagic(bytes)) {
      return Btf.parse(bytes);
    }
    return Btf.parse(ElfFile.sectionData(bytes, ".BTF"));
  }
}

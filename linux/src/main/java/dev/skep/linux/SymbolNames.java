package dev.skep.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Which names a table of symbols has, in the form of /proc/kallsyms: "address type name", with a
 * module's name in brackets behind it. Only hashes of 64 bits are kept, eight bytes for each of
 * some hundred thousand names.
 */
final class SymbolNames {
  private static final long BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private final long[] hashes;

  private SymbolNames(long[] hashes) {
    this.hashes = hashes;
  }

  static SymbolNames read(Path table) throws IOException {
    byte[] text = Files.readAllBytes(table);
    long[] hashes = new long[1 << 12];
    int count = 0;
    int field = 0;
    long hash = BASIS;
    for (byte c : text) {
      boolean end = c == '\n';
      if (c == ' ' || c == '\t' || end) {
        if (field == 2) {
          if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, count * 2);
          }
          hashes[count++] = hash;
        }
        field = end ? 0 : field + 1;
        hash = BASIS;
      } else if (field == 2) {
        hash = (hash ^ c) * PRIME;
      }
    }
    long[] all = Arrays.copyOf(hashes, count);
    Arrays.sort(all);
    return new SymbolNames(all);
  }

  boolean contains(String name) {
    long hash = BASIS;
    for (byte c : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ c) * PRIME;
    }
    return Arrays.binarySearch(hashes, hash) >= 0;
  }
}

package dev.skep.linux;

import dev.skep.errors.MalformedException;
import dev.skep.object.KernelAddresses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The kernel's symbols as /proc/kallsyms shows them, read when one is first asked for. Where
 * addresses are hidden (kptr_restrict), all of them are 0, as libbpf has them too.
 */
final class KernelSymbolTable implements KernelAddresses {
  private static final KernelSymbolTable HOST = new KernelSymbolTable(Path.of("/proc/kallsyms"));

  private final Path file;
  private final Map<String, Long> addresses = new HashMap<>();
  private final Set<String> ambiguous = new HashSet<>();
  private boolean read;

  KernelSymbolTable(Path file) {
    this.file = file;
  }

  static KernelSymbolTable host() {
    return HOST;
  }

  @Override
  public synchronized OptionalLong find(String symbol) {
    if (!read) {
      read = true;
      read();
    }
    if (ambiguous.contains(symbol)) {
      throw new MalformedException("extern (ksym) '" + symbol + "': resolution is ambiguous");
    }
    Long address = addresses.get(symbol);
    return address == null ? OptionalLong.empty() : OptionalLong.of(address);
  }

  private void read() {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
      lines.forEach(this::line);
    } catch (IOException | UncheckedIOException notReadable) {
      addresses.clear();
    }
  }

  /** "ffffffff81000000 T name", with "[module]" behind for a module's. */
  private void line(String line) {
    String[] words = line.split("[ \t]+", 4);
    if (words.length < 3 || !words[0].matches("[0-9a-f]{1,16}")) {
      return;
    }
    String name = words[2];
    int suffix = words[1].equals("d") ? name.indexOf(".llvm.") : -1;
    if (suffix > 0) {
      name = name.substring(0, suffix);
    }
    long address = Long.parseUnsignedLong(words[0], 16);
    Long other = addresses.putIfAbsent(name, address);
    if (other != null && other != address) {
      ambiguous.add(name);
    }
  }
}

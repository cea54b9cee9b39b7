package dev.skep.linux.link;

import dev.skep.errors.MalformedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The functions of a program or library (ELF64) and where they lie in the file; every range is held
 * inside the file before it is read.
 */
final class ElfSymbols {
  private static final int HEADER_BYTES = 64;
  private static final int SECTION_BYTES = 64;
  private static final int SYMBOL_BYTES = 24;
  private static final long MAX_TABLE_BYTES = 1L << 30;

  private static final int SHT_SYMTAB = 2;
  private static final int SHT_DYNSYM = 11;
  private static final int SHT_GNU_VERDEF = 0x6ffffffd;
  private static final int SHT_GNU_VERSYM = 0x6fffffff;
  private static final int STT_FUNC = 2;
  private static final int STB_WEAK = 2;

  private record Section(int type, long address, long offset, long size, int link) {}

  /**
   * A function.
   *
   * @param offset of its first instruction in the file
   * @param version as in "GLIBC_2.2.5", or null where it has none
   */
  record Function(String name, long offset, boolean weak, @Nullable String version) {}

  private final Path path;
  private final FileChannel file;
  private final long fileBytes;
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
  private final List<Section> sections = new ArrayList<>();

  private ElfSymbols(Path path, FileChannel file) throws IOException {
    this.path = path;
    this.file = file;
    this.fileBytes = file.size();
  }

  /**
   * Where a function starts in the file, as libbpf finds it: by the dynamic symbols, then by the
   * others.
   *
   * @param name "function", "function@VERSION" or "function@@VERSION"
   * @throws MalformedException if the file is no ELF64 file, has no such function, or two
   */
  static long fileOffset(Path path, String name) {
    int at = name.indexOf('@');
    String bare = at < 0 ? name : name.substring(0, at);
    String version = at < 0 ? null : name.substring(at).replaceFirst("^@+", "");
    return read(
        path,
        elf -> {
          for (int type : new int[] {SHT_DYNSYM, SHT_SYMTAB}) {
            Function found = elf.only(type, bare, version, name);
            if (found != null) {
              return found.offset();
            }
          }
          throw new MalformedException(path + ": elf: no function \"" + name + "\"");
        });
  }

  /** The functions whose names pass, by all symbols, then by the dynamic ones; one per offset. */
  static List<Function> functions(Path path, Predicate<String> names) {
    return read(
        path,
        elf -> {
          for (int type : new int[] {SHT_SYMTAB, SHT_DYNSYM}) {
            Map<Long, Function> found = new java.util.LinkedHashMap<>();
            for (Function function : elf.functions(type)) {
              if (names.test(function.name())) {
                found.putIfAbsent(function.offset(), function);
              }
            }
            if (!found.isEmpty()) {
              return List.copyOf(found.values());
            }
          }
          return List.of();
        });
  }

  private interface Question<T> {
    T answer(ElfSymbols elf) throws IOException;
  }

  private static <T> T read(Path path, Question<T> question) {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      ElfSymbols elf = new ElfSymbols(path, file);
      elf.readSections();
      return question.answer(elf);
    } catch (IOException unreadable) {
      throw new MalformedException(path + ": cannot be read: " + unreadable.getMessage());
    }
  }

  private MalformedException bad(String what) {
    return new MalformedException(path + ": elf: " + what);
  }

  private ByteBuffer bytes(long offset, long size, String what) throws IOException {
    if (offset < 0
        || size < 0
        || size > MAX_TABLE_BYTES
        || offset > fileBytes
        || size > fileBytes - offset) {
      throw bad(what + " at 0x" + Long.toHexString(offset) + " ends outside of the file");
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) size).order(order);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, offset + buffer.position()) < 0) {
        throw bad(what + " was cut off while it was read");
      }
    }
    return buffer.flip();
  }

  private void readSections() throws IOException {
    ByteBuffer header = bytes(0, Math.min(HEADER_BYTES, fileBytes), "header");
    if (header.limit() < HEADER_BYTES || header.getInt(0) != 0x464c457f || header.get(4) != 2) {
      throw bad("not an ELF64 file");
    }
    order = header.get(5) == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    header.order(order);
    int count = header.getShort(60) & 0xffff;
    if ((header.getShort(58) & 0xffff) != SECTION_BYTES) {
      throw bad("no section headers");
    }
    ByteBuffer table = bytes(header.getLong(40), (long) count * SECTION_BYTES, "section headers");
    for (int i = 0; i < count; i++) {
      int at = i * SECTION_BYTES;
      sections.add(
          new Section(
              table.getInt(at + 4),
              table.getLong(at + 16),
              table.getLong(at + 24),
              table.getLong(at + 32),
              table.getInt(at + 40)));
    }
  }

  private @Nullable Section section(int type) {
    for (Section section : sections) {
      if (section.type() == type) {
        return section;
      }
    }
    return null;
  }

  private ByteBuffer linked(Section section, String what) throws IOException {
    if (section.link() <= 0 || section.link() >= sections.size()) {
      throw bad(what + " in section " + section.link() + " of " + sections.size());
    }
    Section names = sections.get(section.link());
    return bytes(names.offset(), names.size(), what);
  }

  private @Nullable Function only(int type, String name, @Nullable String version, String asked)
      throws IOException {
    Function found = null;
    for (Function function : functions(type)) {
      if (!function.name().equals(name)
          || version != null && !version.equals(function.version())
          || found != null && found.offset() == function.offset()) {
        continue;
      }
      if (found == null || found.weak() && !function.weak()) {
        found = function;
      } else if (!function.weak()) {
        throw bad("function \"" + asked + "\" is there twice; give its version as name@VERSION");
      }
    }
    return found;
  }

  private List<Function> functions(int type) throws IOException {
    Section table = section(type);
    if (table == null) {
      return List.of();
    }
    ByteBuffer symbols = bytes(table.offset(), table.size(), "symbol table");
    ByteBuffer names = linked(table, "symbol names");
    Versions versions = type == SHT_DYNSYM ? readVersions() : Versions.NONE;
    List<Function> functions = new ArrayList<>();
    for (int i = 0; i < symbols.limit() / SYMBOL_BYTES; i++) {
      int at = i * SYMBOL_BYTES;
      int section = symbols.getShort(at + 6) & 0xffff;
      int info = symbols.get(at + 4);
      if ((info & 0xf) == STT_FUNC && section > 0 && section < sections.size()) {
        Section code = sections.get(section);
        functions.add(
            new Function(
                string(names, symbols.getInt(at)),
                symbols.getLong(at + 8) - code.address() + code.offset(),
                (info >> 4 & 0xf) == STB_WEAK,
                versions.of(i)));
      }
    }
    return functions;
  }

  /**
   * The versions of dynamic symbols.
   *
   * @param numbers one per symbol (.gnu.version)
   * @param names by number (.gnu.version_d)
   */
  private record Versions(@Nullable ByteBuffer numbers, Map<Integer, String> names) {
    static final Versions NONE = new Versions(null, Map.of());

    @Nullable String of(int symbol) {
      if (numbers == null || 2 * symbol + 2 > numbers.limit()) {
        return null;
      }
      return names.get(numbers.getShort(2 * symbol) & 0x7fff);
    }
  }

  private Versions readVersions() throws IOException {
    Section numbers = section(SHT_GNU_VERSYM);
    Section definitions = section(SHT_GNU_VERDEF);
    if (numbers == null || definitions == null) {
      return Versions.NONE;
    }
    ByteBuffer table = bytes(definitions.offset(), definitions.size(), "version definitions");
    ByteBuffer texts = linked(definitions, "version names");
    Map<Integer, String> names = new HashMap<>();
    long at = 0;
    while (at + 20 <= table.limit()) {
      int entry = (int) at;
      long auxiliary = at + (table.getInt(entry + 12) & 0xffffffffL);
      if (auxiliary + 8 > table.limit()) {
        throw bad("version definition at " + at + " ends outside of its section");
      }
      names.put(table.getShort(entry + 4) & 0x7fff, string(texts, table.getInt((int) auxiliary)));
      long next = table.getInt(entry + 16) & 0xffffffffL;
      if (next == 0) {
        break;
      }
      at += next;
    }
    return new Versions(bytes(numbers.offset(), numbers.size(), "symbol versions"), names);
  }

  private String string(ByteBuffer strings, int offset) {
    long from = offset & 0xffffffffL;
    long end = from;
    while (end < strings.limit() && strings.get((int) end) != 0) {
      end++;
    }
    if (end >= strings.limit()) {
      throw bad("name at offset " + from + " outside of its section");
    }
    byte[] name = new byte[(int) (end - from)];
    strings.get((int) from, name);
    return new String(name, StandardCharsets.UTF_8);
  }
}

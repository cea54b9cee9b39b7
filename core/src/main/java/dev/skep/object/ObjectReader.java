package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfExt;
import dev.skep.errors.MalformedException;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads an object's sections into an {@link ObjectModel}, in the order of libbpf's open. */
final class ObjectReader {
  private static final String TEXT = ".text";
  private static final int MAX_LICENSE = 63;
  private static final int BPF_F_RDONLY_PROG = 0x80;
  private static final int BPF_F_MMAPABLE = 0x400;

  private final ElfFile elf;
  private final OpenOptions options;
  private final ObjectModel model;
  private final Map<Integer, long[]> code = new HashMap<>();
  private @Nullable String btfProblem;
  private boolean legacyMaps;

  private ObjectReader(String name, byte[] bytes, OpenOptions options) {
    this.elf = ElfFile.parse(bytes);
    this.options = options;
    this.model = new ObjectModel(name, options, elf);
  }

  static ObjectModel read(String name, byte[] bytes, OpenOptions options) {
    ObjectReader reader = new ObjectReader(name, bytes, options);
    reader.readSections();
    reader.readBtf();
    reader.readFunctions();
    reader.readMaps();
    reader.readPrograms();
    new RelocationReader(reader.elf, reader.model).read();
    return reader.model;
  }

  private void readSections() {
    for (ElfFile.Section section : elf.sections()) {
      switch (section.name()) {
        case "license" -> model.license = license(section);
        case "version" -> model.kernelVersion = version(section);
        case "maps" -> legacyMaps |= section.type() == ElfFile.SHT_PROGBITS;
        default -> {
          if (isCode(section)) {
            code.put(section.index(), words(section));
          }
        }
      }
    }
  }

  static boolean isCode(ElfFile.Section section) {
    return section.type() == ElfFile.SHT_PROGBITS && section.isExecutable() && section.size() > 0;
  }

  private String license(ElfFile.Section section) {
    if (section.type() == ElfFile.SHT_NOBITS || section.size() == 0) {
      throw new MalformedException("section \"license\": invalid license section");
    }
    byte[] data = elf.data(section);
    int length = 0;
    while (length < data.length && length < MAX_LICENSE && data[length] != 0) {
      length++;
    }
    return new String(data, 0, length, StandardCharsets.UTF_8);
  }

  private int version(ElfFile.Section section) {
    if (section.type() == ElfFile.SHT_NOBITS || section.size() != 4) {
      throw new MalformedException(
          "section \"version\": invalid kver section of " + section.size() + " bytes");
    }
    return ByteBuffer.wrap(elf.data(section)).order(order()).getInt();
  }

  private ByteOrder order() {
    return elf.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
  }

  /** The section as instruction words of the little-endian form; bytes after the last are lost. */
  private long[] words(ElfFile.Section section) {
    ByteBuffer data = ByteBuffer.wrap(elf.data(section)).order(order());
    long[] words = new long[data.capacity() / 8];
    for (int i = 0; i < words.length; i++) {
      long word = data.getLong(i * 8);
      words[i] = elf.isBigEndian() ? littleEndian(word) : word;
    }
    return words;
  }

  /** A big-endian slot has code, registers with swapped nibbles, offset and imm from the top. */
  private static long littleEndian(long word) {
    long code = word >>> 56;
    long dst = word >>> 52 & 0xf;
    long src = word >>> 48 & 0xf;
    long off = word >>> 32 & 0xffff;
    return code | dst << 8 | src << 12 | off << 16 | word << 32;
  }

  /** Reads .BTF and .BTF.ext; what is wrong with them counts only if something needs them. */
  private void readBtf() {
    ElfFile.Section types = find(".BTF");
    ElfFile.Section ext = find(".BTF.ext");
    if (types == null) {
      return;
    }
    try {
      Btf btf = Btf.parse(elf.data(types));
      if (ext != null) {
        model.ext = BtfExt.parse(elf.data(ext), btf);
      }
      model.btf = new BtfLayout(model, btf).fixed();
    } catch (MalformedException e) {
      btfProblem = e.getMessage();
      model.ext = null;
    }
  }

  private ElfFile.@Nullable Section find(String name) {
    ElfFile.Section found = null;
    for (ElfFile.Section section : elf.sections()) {
      if (section.name().equals(name)) {
        if (section.type() != ElfFile.SHT_PROGBITS) {
          throw new MalformedException(
              "section \"" + name + "\" has type " + section.type() + ", not PROGBITS");
        }
        found = section;
      }
    }
    return found;
  }

  private void readFunctions() {
    for (ElfFile.Symbol symbol : elf.symbols()) {
      if (symbol.type() == ElfFile.Symbol.FUNC && code.containsKey(symbol.section())) {
        addFunction(symbol, symbol.size());
      }
    }
    if (model.functions.isEmpty()) {
      readUntypedFunctions();
    }
    model.functions.sort(
        Comparator.comparingInt(ObjectFunction::section).thenComparingInt(ObjectFunction::start));
  }

  /**
   * Before LLVM 8 function symbols had neither type nor size: where an object has no FUNC symbol at
   * all, each global one of a code section starts a function that reaches to the next.
   */
  private void readUntypedFunctions() {
    Map<Integer, Long> ends = new HashMap<>();
    List<ElfFile.Symbol> last = new ArrayList<>(elf.symbols());
    last.sort(Comparator.comparingLong(ElfFile.Symbol::value).reversed());
    for (ElfFile.Symbol symbol : last) {
      if (symbol.type() != ElfFile.Symbol.NOTYPE
          || !symbol.isGlobalOrWeak()
          || !code.containsKey(symbol.section())) {
        continue;
      }
      long size = elf.sections().get(symbol.section()).size();
      long end = ends.getOrDefault(symbol.section(), size);
      addFunction(symbol, end == symbol.value() ? 0 : end - symbol.value());
      ends.put(symbol.section(), symbol.value());
    }
  }

  private void addFunction(ElfFile.Symbol symbol, long size) {
    ElfFile.Section section = elf.sections().get(symbol.section());
    String where = "section \"" + section.name() + "\": ";
    long start = symbol.value();
    if (start < 0 || size < 0 || start > section.size() || size > section.size() - start) {
      throw new MalformedException(
          where
              + "program \""
              + symbol.name()
              + "\" crosses section boundary at 0x"
              + Long.toHexString(start));
    }
    if (size == 0 || size % 8 != 0 || start % 8 != 0) {
      throw new MalformedException(
          where
              + "corrupted program \""
              + symbol.name()
              + "\", offset 0x"
              + Long.toHexString(start)
              + ", size "
              + size);
    }
    boolean text = section.name().equals(TEXT);
    long[] words = code.getOrDefault(section.index(), new long[0]);
    model.functions.add(
        new ObjectFunction(
            symbol.name(),
            section.index(),
            words,
            (int) (start / 8),
            (int) (size / 8),
            !text && symbol.isGlobalOrWeak(),
            symbol.isGlobalOrWeak() && !symbol.isHidden()));
  }

  private void readMaps() {
    int settings = Kconfig.layOut(model);
    if (find(elf.sections(), "maps") != null && legacyMaps) {
      new LegacyMaps(elf, model).read();
    }
    ElfFile.Section maps = find(elf.sections(), ".maps");
    if (maps != null) {
      if (model.btf == null) {
        throw new MalformedException(
            "section \".maps\": BTF is required, but is missing or corrupted"
                + (btfProblem == null ? "" : ": " + btfProblem));
      }
      new BtfMaps(model, model.btf, maps).read();
    }
    ArenaData.attach(model, elf);
    for (ElfFile.Section section : elf.sections()) {
      addDataMap(section);
    }
    Kconfig.addMap(model, settings);
    requireUniqueNames();
  }

  private static ElfFile.@Nullable Section find(List<ElfFile.Section> sections, String name) {
    for (ElfFile.Section section : sections) {
      if (section.name().equals(name)) {
        return section;
      }
    }
    return null;
  }

  private void addDataMap(ElfFile.Section section) {
    boolean bits = section.type() == ElfFile.SHT_PROGBITS && !section.isExecutable();
    boolean bss = section.type() == ElfFile.SHT_NOBITS && section.isNamedLike(".bss");
    boolean readOnly = bits && section.isNamedLike(".rodata");
    boolean perCpu = bits && section.isNamedLike(".percpu");
    if (!(bss || readOnly || perCpu || bits && section.isNamedLike(".data"))
        || section.size() == 0) {
      return;
    }
    if (section.size() < 0 || section.size() > Integer.MAX_VALUE) {
      throw new MalformedException(
          "section \""
              + section.name()
              + "\" of 0x"
              + Long.toHexString(section.size())
              + " bytes is larger than any map");
    }
    Btf btf = model.btf;
    int type = btf == null ? 0 : btf.find(section.name(), dev.skep.btf.BtfKind.DATASEC);
    int flags = readOnly ? BPF_F_RDONLY_PROG : 0;
    if (btf != null && type != 0 && !perCpu && BtfLayout.hasVisibleVariable(btf, type)) {
      flags |= BPF_F_MMAPABLE;
    }
    MapSpec spec =
        new MapSpec(
            section.name(),
            perCpu ? MapType.PERCPU_ARRAY : MapType.ARRAY,
            4,
            (int) section.size(),
            1,
            flags,
            0,
            null,
            type == 0 ? null : btf,
            0,
            type,
            bss ? zeros((int) section.size()) : elf.data(section),
            readOnly,
            List.of(),
            false);
    model.maps.add(
        ObjectMap.ofSection(
            spec, KernelNames.ofSection(model.name, section.name()), section.index()));
  }

  /** A .bss image; one that no real object has stays null, which reads as zeros too. */
  private static byte @Nullable [] zeros(int size) {
    return size <= 1 << 24 ? new byte[size] : null;
  }

  /** Two maps of one name get "#" and a number, so that names can stand for maps. */
  private void requireUniqueNames() {
    Set<String> names = new HashSet<>();
    for (ObjectMap map : model.maps) {
      String name = map.name();
      for (int i = 2; !names.add(map.name()); i++) {
        map.rename(name + "#" + i);
      }
    }
  }

  private void readPrograms() {
    for (ObjectFunction function : model.functions) {
      if (!function.entry()) {
        continue;
      }
      String section = elf.sections().get(function.section()).name();
      boolean autoload = !section.startsWith("?");
      String name = autoload ? section : section.substring(1);
      boolean loose = options.looseSections() || legacyMaps;
      SectionNames.Meaning meaning = loose ? SectionNames.ofLoosely(name) : SectionNames.of(name);
      model.programs.add(new ObjectProgram(function, name, meaning, autoload));
    }
  }
}

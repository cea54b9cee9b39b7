package dev.skep.object;

import dev.skep.errors.MalformedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A relocatable ELF64 file for BPF: header, sections, symbols, relocations, every range held inside
 * the file before it is read. What libbpf does not look at (e_version, e_flags, program headers,
 * relocation types) is not looked at here.
 */
final class ElfFile {
  static final int SHT_PROGBITS = 1;
  static final int SHT_SYMTAB = 2;
  static final int SHT_STRTAB = 3;
  static final int SHT_NOBITS = 8;
  static final int SHT_REL = 9;
  static final long SHF_EXECINSTR = 4;

  private static final int HEADER_BYTES = 64;
  private static final int SECTION_BYTES = 64;
  private static final int SYMBOL_BYTES = 24;
  private static final int REL_BYTES = 16;
  private static final int ET_REL = 1;
  private static final int EM_BPF = 247;
  private static final int SHN_XINDEX = 0xffff;

  /**
   * A section header.
   *
   * @param size bytes; that of a SHT_NOBITS section is not bounded by the file
   */
  record Section(
      int index, String name, int type, long flags, long offset, long size, int link, int info) {
    boolean isExecutable() {
      return (flags & SHF_EXECINSTR) != 0;
    }

    /** Whether the name is {@code base} or continues it after a dot. */
    boolean isNamedLike(String base) {
      return name.equals(base) || name.startsWith(base + ".");
    }
  }

  /** A symbol; section is 0 for an undefined one. */
  record Symbol(
      int index,
      String name,
      int bind,
      int type,
      int visibility,
      int section,
      long value,
      long size) {
    static final int LOCAL = 0;
    static final int GLOBAL = 1;
    static final int WEAK = 2;
    static final int NOTYPE = 0;
    static final int OBJECT = 1;
    static final int FUNC = 2;
    static final int SECTION = 3;

    boolean isGlobalOrWeak() {
      return bind == GLOBAL || bind == WEAK;
    }

    /** Whether visibility is internal or hidden. */
    boolean isHidden() {
      return visibility == 1 || visibility == 2;
    }
  }

  /** A SHT_REL entry: {@code offset} in the target section. */
  record Relocation(long offset, int symbol, int type) {}

  private final byte[] bytes;
  private final ByteBuffer in;
  private final List<Section> sections = new ArrayList<>();
  private final List<Symbol> symbols = new ArrayList<>();

  private ElfFile(byte[] bytes) {
    this.bytes = bytes;
    this.in = ByteBuffer.wrap(bytes);
  }

  /**
   * Reads headers, section names and symbols.
   *
   * @throws MalformedException naming what is wrong and where
   */
  static ElfFile parse(byte[] bytes) {
    ElfFile elf = new ElfFile(bytes);
    elf.readHeader();
    elf.readSections();
    elf.readSymbols();
    return elf;
  }

  /** The bytes of a section of any ELF64 file, also of one that is no BPF object. */
  static byte[] sectionData(byte[] bytes, String name) {
    ElfFile elf = new ElfFile(bytes);
    elf.readIdentity();
    elf.readSections();
    for (Section section : elf.sections) {
      if (section.name().equals(name) && section.type() != SHT_NOBITS) {
        return elf.data(section);
      }
    }
    throw new MalformedException("elf: no section \"" + name + "\"");
  }

  static boolean hasMagic(byte[] bytes) {
    return bytes.length >= 4
        && bytes[0] == 0x7f
        && bytes[1] == 'E'
        && bytes[2] == 'L'
        && bytes[3] == 'F';
  }

  boolean isBigEndian() {
    return in.order() == ByteOrder.BIG_ENDIAN;
  }

  List<Section> sections() {
    return sections;
  }

  List<Symbol> symbols() {
    return symbols;
  }

  private void readIdentity() {
    if (!hasMagic(bytes)) {
      throw new MalformedException("elf: not an ELF file");
    }
    if (bytes.length < HEADER_BYTES) {
      throw new MalformedException(
          "elf: file of " + bytes.length + " bytes is shorter than its header");
    }
    if (bytes[4] != 2) {
      throw new MalformedException("elf: not a 64-bit ELF object");
    }
    if (bytes[5] != 1 && bytes[5] != 2 || bytes[6] != 1) {
      throw new MalformedException("elf: not a proper ELF object: bad byte order or version");
    }
    in.order(bytes[5] == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
  }

  private void readHeader() {
    readIdentity();
    int type = in.getShort(16) & 0xffff;
    int machine = in.getShort(18) & 0xffff;
    if (type != ET_REL || machine != EM_BPF && machine != 0) {
      throw new MalformedException(
          "elf: not a valid eBPF object file: type " + type + ", machine " + machine);
    }
  }

  private void readSections() {
    long table = in.getLong(40);
    int entryBytes = in.getShort(58) & 0xffff;
    long count = in.getShort(60) & 0xffff;
    int names = in.getShort(62) & 0xffff;
    if (table == 0) {
      throw new MalformedException("elf: no section headers");
    }
    if (entryBytes != SECTION_BYTES) {
      throw new MalformedException("elf: section header size " + entryBytes);
    }
    range(table, SECTION_BYTES, "section headers");
    if (count == 0) {
      count = in.getLong((int) table + 32);
    }
    if (names == SHN_XINDEX) {
      names = in.getInt((int) table + 40);
    }
    if (count < 0 || count > bytes.length / SECTION_BYTES) {
      throw new MalformedException("elf: " + count + " section headers do not fit in the file");
    }
    range(table, count * SECTION_BYTES, "section headers");
    for (int i = 0; i < count; i++) {
      int at = (int) table + i * SECTION_BYTES;
      sections.add(
          new Section(
              i,
              "",
              in.getInt(at + 4),
              in.getLong(at + 8),
              in.getLong(at + 24),
              in.getLong(at + 32),
              in.getInt(at + 40),
              in.getInt(at + 44)));
    }
    nameSections((int) table, names);
  }

  private void nameSections(int table, int names) {
    if (names <= 0 || names >= sections.size()) {
      throw new MalformedException("elf: section names at index " + names + " of no section");
    }
    Section strings = sections.get(names);
    for (int i = 0; i < sections.size(); i++) {
      Section s = sections.get(i);
      int nameOffset = in.getInt(table + i * SECTION_BYTES);
      String name = i == 0 ? "" : string(strings, nameOffset);
      sections.set(
          i, new Section(i, name, s.type(), s.flags(), s.offset(), s.size(), s.link(), s.info()));
    }
  }

  private void readSymbols() {
    Section table = null;
    for (Section section : sections) {
      if (section.type() == SHT_SYMTAB) {
        if (table != null) {
          throw new MalformedException(
              "elf: symbol tables in sections " + table.index() + " and " + section.index());
        }
        table = section;
      }
    }
    if (table == null) {
      throw new MalformedException("elf: no symbol table, stripped object file?");
    }
    range(table);
    if (table.size() % SYMBOL_BYTES != 0) {
      throw new MalformedException("elf: symbol table of " + table.size() + " bytes");
    }
    if (table.link() <= 0
        || table.link() >= sections.size()
        || sections.get(table.link()).type() != SHT_STRTAB) {
      throw new MalformedException("elf: symbol names at index " + table.link() + " of no strings");
    }
    Section strings = sections.get(table.link());
    int count = (int) (table.size() / SYMBOL_BYTES);
    for (int i = 0; i < count; i++) {
      int at = (int) table.offset() + i * SYMBOL_BYTES;
      int info = bytes[at + 4] & 0xff;
      int shndx = in.getShort(at + 6) & 0xffff;
      symbols.add(
          new Symbol(
              i,
              string(strings, in.getInt(at)),
              info >>> 4,
              info & 0xf,
              bytes[at + 5] & 3,
              shndx,
              in.getLong(at + 8),
              in.getLong(at + 16)));
    }
  }

  /** The entries of a SHT_REL section. */
  List<Relocation> relocations(Section section) {
    range(section);
    if (section.size() % REL_BYTES != 0) {
      throw new MalformedException(
          "elf: relocation section \"" + section.name() + "\" of " + section.size() + " bytes");
    }
    int count = (int) (section.size() / REL_BYTES);
    List<Relocation> relocations = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int at = (int) section.offset() + i * REL_BYTES;
      long info = in.getLong(at + 8);
      long symbol = info >>> 32;
      if (symbol >= symbols.size()) {
        throw new MalformedException(
            "elf: section \""
                + section.name()
                + "\": relocation #"
                + i
                + " against symbol "
                + symbol
                + " of "
                + symbols.size());
      }
      relocations.add(new Relocation(in.getLong(at), (int) symbol, (int) info));
    }
    return relocations;
  }

  /** A copy of a section's bytes; not for SHT_NOBITS. */
  byte[] data(Section section) {
    range(section);
    byte[] copy = new byte[(int) section.size()];
    System.arraycopy(bytes, (int) section.offset(), copy, 0, copy.length);
    return copy;
  }

  private void range(Section section) {
    if (section.type() == SHT_NOBITS) {
      throw new MalformedException("elf: section \"" + section.name() + "\" has no data");
    }
    range(
        section.offset(),
        section.size(),
        "section " + section.index() + " \"" + section.name() + "\"");
  }

  private void range(long offset, long size, String what) {
    if (offset < 0 || size < 0 || offset > bytes.length || size > bytes.length - offset) {
      throw new MalformedException(
          "elf: "
              + what
              + " at 0x"
              + Long.toHexString(offset)
              + " of 0x"
              + Long.toHexString(size)
              + " bytes ends outside of the file");
    }
  }

  private String string(Section strings, int offset) {
    range(strings);
    long from = strings.offset() + (offset & 0xffffffffL);
    long end = strings.offset() + strings.size();
    long at = from;
    while (at < end && bytes[(int) at] != 0) {
      at++;
    }
    if (at >= end) {
      throw new MalformedException(
          "elf: name at offset "
              + Integer.toUnsignedString(offset)
              + " outside of section \""
              + strings.index()
              + "\"");
    }
    return new String(bytes, (int) from, (int) (at - from), StandardCharsets.UTF_8);
  }
}

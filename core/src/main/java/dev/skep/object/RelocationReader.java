package dev.skep.object;

import dev.skep.errors.MalformedException;
import dev.skep.program.MapType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands relocations to the functions whose instructions they name, and to the maps whose static
 * contents they are. Their types are not looked at: what one means follows from the instruction and
 * the symbol, as in libbpf. Those of other data sections are left alone, also as in libbpf.
 */
final class RelocationReader {
  private final ElfFile elf;
  private final ObjectModel model;

  RelocationReader(ElfFile elf, ObjectModel model) {
    this.elf = elf;
    this.model = model;
  }

  void read() {
    for (ElfFile.Section section : elf.sections()) {
      if (section.type() != ElfFile.SHT_REL) {
        continue;
      }
      if (section.info() < 0 || section.info() >= elf.sections().size()) {
        throw new MalformedException(
            "section \""
                + section.name()
                + "\" relocates section "
                + section.info()
                + " of "
                + elf.sections().size());
      }
      ElfFile.Section target = elf.sections().get(section.info());
      if (ObjectReader.isCode(target)) {
        readCode(section, target);
      } else if (section.name().equals(".rel.maps")) {
        readSlots(section, target);
      }
    }
  }

  private void readCode(ElfFile.Section section, ElfFile.Section target) {
    int number = 0;
    for (ElfFile.Relocation relocation : elf.relocations(section)) {
      ElfFile.Symbol symbol = elf.symbols().get(relocation.symbol());
      if (symbol.section() >= elf.sections().size()) {
        throw bad(
            section,
            number,
            "corrupted symbol \""
                + symbol.name()
                + "\" pointing to invalid section 0x"
                + Integer.toHexString(symbol.section()));
      }
      long offset = relocation.offset();
      if (offset % 8 != 0 || offset < 0 || offset >= target.size()) {
        throw bad(section, number, "invalid offset 0x" + Long.toHexString(offset));
      }
      int slot = (int) (offset / 8);
      ObjectFunction function = model.function(target.index(), slot);
      if (function != null) {
        function.relocations().put(slot - function.start(), symbol);
      }
      number++;
    }
  }

  private void readSlots(ElfFile.Section section, ElfFile.Section target) {
    if (target.type() == ElfFile.SHT_NOBITS) {
      throw new MalformedException("section \"" + target.name() + "\" has no data");
    }
    int number = 0;
    for (ElfFile.Relocation relocation : elf.relocations(section)) {
      ElfFile.Symbol symbol = elf.symbols().get(relocation.symbol());
      ObjectMap map = mapWithSlot(target, relocation.offset());
      if (map == null) {
        throw bad(
            section,
            number,
            "no map with slots at offset 0x" + Long.toHexString(relocation.offset()));
      }
      ObjectMap.SlotRange range = map.slotRange();
      long slot = range == null ? 0 : (relocation.offset() - range.start()) / 8;
      if (relocation.offset() % 8 != 0 || relocation.offset() >= target.size()) {
        throw bad(section, number, "invalid offset 0x" + Long.toHexString(relocation.offset()));
      }
      setSlot(map, (int) slot, target(map, symbol, section, number));
      number++;
    }
  }

  private @Nullable ObjectMap mapWithSlot(ElfFile.Section target, long offset) {
    for (ObjectMap map : model.maps) {
      ObjectMap.SlotRange range = map.slotRange();
      if (map.section() == target.index()
          && range != null
          && offset >= range.start()
          && offset < range.end()) {
        return map;
      }
    }
    return null;
  }

  private String target(ObjectMap map, ElfFile.Symbol symbol, ElfFile.Section section, int number) {
    if (map.spec().type() == MapType.PROG_ARRAY) {
      ObjectFunction function =
          symbol.value() % 8 == 0 && symbol.value() >= 0 && symbol.value() < Integer.MAX_VALUE
              ? model.function(symbol.section(), symbol.value() / 8)
              : null;
      if (symbol.type() != ElfFile.Symbol.FUNC || function == null) {
        throw bad(
            section,
            number,
            "map \""
                + map.name()
                + "\": \""
                + symbol.name()
                + "\" isn't a valid program reference");
      }
      if (!function.entry()) {
        throw bad(
            section,
            number,
            "map \"" + map.name() + "\": \"" + symbol.name() + "\" isn't an entry-point program");
      }
      return function.name();
    }
    for (ObjectMap candidate : model.maps) {
      if (candidate.section() == symbol.section() && candidate.name().equals(symbol.name())) {
        if (map.spec().type() == MapType.HASH_OF_MAPS && map.spec().keySize() != 4) {
          throw bad(section, number, "hash-of-maps \"" + map.name() + "\" should have key size 4");
        }
        return candidate.name();
      }
    }
    throw bad(section, number, "\"" + symbol.name() + "\" isn't a valid map reference");
  }

  private static void setSlot(ObjectMap map, int slot, String name) {
    List<@Nullable String> slots = new ArrayList<>(map.spec().slots());
    while (slots.size() <= slot) {
      slots.add(null);
    }
    slots.set(slot, name);
    map.slots(slots);
  }

  private static MalformedException bad(ElfFile.Section section, int number, String what) {
    return new MalformedException(
        "section \"" + section.name() + "\": relocation #" + number + ": " + what);
  }
}

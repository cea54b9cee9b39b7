package dev.skep.object;

import dev.skep.errors.MalformedException;
import dev.skep.program.MapType;

/**
 * The variables of address space 1, which live in the object's arena (init_arena_map_data of
 * libbpf).
 */
final class ArenaData {
  private static final String SECTION = ".addr_space.1";

  private ArenaData() {}

  /** Finds the one arena, and gives it the section's bytes. */
  static void attach(ObjectModel model, ElfFile elf) {
    ObjectMap arena = null;
    for (ObjectMap map : model.maps) {
      if (map.spec().type() != MapType.ARENA) {
        continue;
      }
      if (arena != null) {
        throw new MalformedException(
            "map \""
                + map.name()
                + "\": only single ARENA map is supported (map '"
                + arena.name()
                + "' is also ARENA)");
      }
      arena = map;
    }
    ElfFile.Section section = section(elf);
    if (section == null) {
      return;
    }
    if (arena == null) {
      throw new MalformedException(
          "section \""
              + SECTION
              + "\": to use global __arena variables the ARENA map should be explicitly declared"
              + " in SEC(\".maps\")");
    }
    long bytes = (arena.spec().maxEntries() & 0xffffffffL) * model.options.pageSize();
    if (section.size() > bytes) {
      throw new MalformedException(
          "section \""
              + SECTION
              + "\": declared ARENA map size ("
              + bytes
              + ") is too small to hold global __arena variables of size "
              + section.size());
    }
    arena.image(elf.data(section));
    model.arena = arena;
    model.arenaSection = section.index();
  }

  private static ElfFile.@org.jspecify.annotations.Nullable Section section(ElfFile elf) {
    for (ElfFile.Section section : elf.sections()) {
      if (section.name().equals(SECTION)
          && section.type() == ElfFile.SHT_PROGBITS
          && section.size() > 0) {
        return section;
      }
    }
    return null;
  }
}

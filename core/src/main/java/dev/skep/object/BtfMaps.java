package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.MalformedException;
import dev.skep.program.MapType;

/** Reads the map definitions of the ".maps" section: variables of structs, member by member. */
final class BtfMaps {
  private static final int GLOBAL = 1;

  private final ObjectModel model;
  private final Btf btf;
  private final ElfFile.Section section;

  BtfMaps(ObjectModel model, Btf btf, ElfFile.Section section) {
    this.model = model;
    this.btf = btf;
    this.section = section;
  }

  void read() {
    int id = btf.find(".maps", BtfKind.DATASEC);
    if (id == 0) {
      throw new MalformedException("section \".maps\": DATASEC '.maps' not found");
    }
    for (int i = 0; i < btf.vlen(id); i++) {
      readMap(
          btf.sectionVarType(id, i),
          btf.sectionVarOffset(id, i) & 0xffffffffL,
          btf.sectionVarSize(id, i) & 0xffffffffL);
    }
  }

  private void readMap(int variable, long offset, long size) {
    if (btf.kind(variable) != BtfKind.VAR) {
      throw new MalformedException(
          "section \".maps\": unexpected def kind of type ["
              + variable
              + "]: "
              + BtfKind.name(btf.kind(variable)).toLowerCase(java.util.Locale.ROOT));
    }
    String name = btf.name(variable);
    if (name.isEmpty()) {
      throw new MalformedException("section \".maps\": map at " + offset + " has no name");
    }
    if (section.size() < 0 || offset + size > section.size()) {
      throw new MalformedException(
          "map \""
              + name
              + "\": BTF data is corrupted: "
              + size
              + " bytes at "
              + offset
              + " of section \".maps\"");
    }
    if (btf.varLinkage(variable) != GLOBAL) {
      throw new MalformedException(
          "map \""
              + name
              + "\": unsupported map linkage "
              + (btf.varLinkage(variable) == 0 ? "static" : "extern"));
    }
    int struct = btf.skip(btf.target(variable), true);
    if (struct < 0 || btf.kind(struct) != BtfKind.STRUCT) {
      throw new MalformedException(
          "map \""
              + name
              + "\": unexpected def kind "
              + (struct < 0 ? "of endless typedefs" : kindText(struct)));
    }
    if ((btf.size(struct) & 0xffffffffL) > size) {
      throw new MalformedException(
          "map \"" + name + "\": invalid size " + size + " of its variable");
    }
    MapDefinition definition =
        new MapDefinition(btf, name, model.options.relaxedMaps(), false).read(struct);
    ObjectMap map =
        ObjectMap.defined(definition.spec(), section.index(), offset, model.options.pageSize());
    map.numaNode(definition.numaNode());
    if (definition.valuesOffset() >= 0) {
      map.slotRange(new ObjectMap.SlotRange(offset + definition.valuesOffset(), offset + size));
    }
    model.maps.add(map);
  }

  private String kindText(int id) {
    return BtfKind.name(btf.kind(id)).toLowerCase(java.util.Locale.ROOT);
  }

  /** Whether libbpf keeps the BTF ids of such a map to itself. */
  static boolean takesNoTypes(MapType type) {
    return switch (type) {
      case PERF_EVENT_ARRAY,
          CGROUP_ARRAY,
          STACK_TRACE,
          ARRAY_OF_MAPS,
          HASH_OF_MAPS,
          DEVMAP,
          DEVMAP_HASH,
          CPUMAP,
          XSKMAP,
          SOCKMAP,
          SOCKHASH,
          QUEUE,
          STACK,
          ARENA ->
          true;
      default -> false;
    };
  }
}

package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The variables of data sections: where they are, and their initial values. */
final class Variables {
  private Variables() {}

  /** By map in the object's order, then by offset. */
  static List<GlobalVariable> of(ObjectModel model) {
    Map<Integer, List<ElfFile.Symbol>> symbols = new HashMap<>();
    for (ElfFile.Symbol symbol : model.symbols) {
      if (symbol.type() == ElfFile.Symbol.OBJECT) {
        symbols.computeIfAbsent(symbol.section(), section -> new ArrayList<>()).add(symbol);
      }
    }
    List<GlobalVariable> all = new ArrayList<>();
    for (ObjectMap map : model.maps) {
      if (map.isGlobalData()) {
        addAll(model, map, symbols.getOrDefault(map.section(), List.of()), all);
      }
    }
    return List.copyOf(all);
  }

  private static void addAll(
      ObjectModel model, ObjectMap map, List<ElfFile.Symbol> symbols, List<GlobalVariable> all) {
    Map<String, Integer> types = types(map);
    List<GlobalVariable> own = new ArrayList<>();
    for (ElfFile.Symbol symbol : symbols) {
      if (inside(symbol, map)) {
        int type = types.getOrDefault(symbol.name(), 0);
        int size = size(model, symbol, map, type);
        own.add(new GlobalVariable(symbol.name(), map.name(), (int) symbol.value(), size, type));
      }
    }
    if (map.section() == Kconfig.SECTION) {
      for (ObjectModel.Setting setting : model.settings.values()) {
        own.add(
            new GlobalVariable(
                setting.name(), map.name(), setting.offset(), setting.size(), setting.typeId()));
      }
    }
    own.sort(Comparator.comparingInt(GlobalVariable::offset));
    all.addAll(own);
  }

  private static boolean inside(ElfFile.Symbol symbol, ObjectMap map) {
    long size = map.spec().valueSize() & 0xffffffffL;
    return symbol.value() >= 0
        && symbol.size() >= 0
        && symbol.value() <= size
        && symbol.size() <= size - symbol.value()
        && size <= Integer.MAX_VALUE;
  }

  /** The VARs of the map's DATASEC by name. */
  private static Map<String, Integer> types(ObjectMap map) {
    Btf btf = map.spec().btf();
    int section = map.spec().valueTypeId();
    Map<String, Integer> types = new HashMap<>();
    if (btf != null && btf.kind(section) == BtfKind.DATASEC) {
      for (int i = 0; i < btf.vlen(section); i++) {
        int variable = btf.sectionVarType(section, i);
        if (btf.kind(variable) == BtfKind.VAR) {
          types.putIfAbsent(btf.name(variable), variable);
        }
      }
    }
    return types;
  }

  /** The symbol's size, or what a resized map leaves for its last array. */
  private static int size(ObjectModel model, ElfFile.Symbol symbol, ObjectMap map, int type) {
    Btf btf = map.spec().btf();
    int section = map.spec().valueTypeId();
    boolean resized = map.spec().valueSize() != model.sections.get(map.section()).size();
    if (btf != null && type != 0 && resized) {
      int last = btf.vlen(section) - 1;
      int array = btf.skip(btf.target(type), true);
      if (btf.sectionVarType(section, last) == type
          && array >= 0
          && btf.kind(array) == BtfKind.ARRAY) {
        return map.spec().valueSize() - (int) symbol.value();
      }
    }
    return (int) symbol.size();
  }

  static void set(ObjectModel model, String name, byte[] value) {
    GlobalVariable variable = find(model, name);
    if (value.length != variable.size()) {
      throw new IllegalArgumentException(
          "variable \"" + name + "\" has " + variable.size() + " bytes, not " + value.length);
    }
    for (ObjectMap map : model.maps) {
      if (map.isGlobalData() && map.name().equals(variable.map())) {
        if (map.isLoaded()) {
          throw new BpfErrnoException(
              Errno.EBUSY, "initial value of variable \"" + name + "\"", "it is loaded");
        }
        byte[] image = map.image();
        System.arraycopy(value, 0, image, variable.offset(), value.length);
        if (map.section() == Kconfig.SECTION) {
          model.given.add(name);
        }
      }
    }
  }

  static void set(ObjectModel model, String name, long value) {
    int size = find(model, name).size();
    if (size != 1 && size != 2 && size != 4 && size != 8) {
      throw new IllegalArgumentException(
          "variable \"" + name + "\" of " + size + " bytes is no integer");
    }
    int spare = 64 - 8 * size;
    if (value << spare >> spare != value && value << spare >>> spare != value) {
      throw new IllegalArgumentException(
          "value " + value + " does not fit in the " + size + " bytes of \"" + name + "\"");
    }
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[model.bigEndian ? size - 1 - i : i] = (byte) (value >>> 8 * i);
    }
    set(model, name, bytes);
  }

  private static GlobalVariable find(ObjectModel model, String name) {
    for (GlobalVariable variable : of(model)) {
      if (variable.name().equals(name)) {
        return variable;
      }
    }
    throw new IllegalArgumentException("no variable \"" + name + "\"");
  }
}

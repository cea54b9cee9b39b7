package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfEditor;
import dev.skep.btf.BtfKind;
import dev.skep.errors.MalformedException;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The ".kconfig" map: one value per extern that asks for a setting of the kernel. Libbpf reads them
 * from the machine; here they are set like variables. A weak one that is not set is 0.
 */
final class Kconfig {
  static final String NAME = ".kconfig";

  /** No section of the file: the map exists only in BTF. */
  static final int SECTION = -1;

  private static final int BPF_F_RDONLY_PROG = 0x80;
  private static final int BPF_F_MMAPABLE = 0x400;

  private record Setting(ElfFile.Symbol symbol, int entry, int variable, int size, int alignment) {
    String name() {
      return symbol.name();
    }
  }

  private final ObjectModel model;
  private final Btf btf;
  private final int section;

  Kconfig(ObjectModel model, Btf btf, int section) {
    this.model = model;
    this.btf = btf;
    this.section = section;
  }

  /** Lays the settings out, in the model's BTF too; returns the map's size, 0 without any. */
  static int layOut(ObjectModel model) {
    Btf btf = model.btf;
    int section = btf == null ? 0 : btf.find(NAME, BtfKind.DATASEC);
    return btf == null || section == 0 ? 0 : new Kconfig(model, btf, section).layOut();
  }

  /** Adds the map of settings that are laid out. */
  static void addMap(ObjectModel model, int size) {
    Btf btf = model.btf;
    if (btf != null && size > 0) {
      new Kconfig(model, btf, btf.find(NAME, BtfKind.DATASEC)).addMap(size);
    }
  }

  private int layOut() {
    Map<String, ElfFile.Symbol> externs = new HashMap<>();
    for (ElfFile.Symbol symbol : model.symbols) {
      if (symbol.section() == 0
          && symbol.type() == ElfFile.Symbol.NOTYPE
          && symbol.isGlobalOrWeak()) {
        externs.putIfAbsent(symbol.name(), symbol);
      }
    }
    List<Setting> settings = new ArrayList<>();
    for (int i = 0; i < btf.vlen(section); i++) {
      int variable = btf.sectionVarType(section, i);
      ElfFile.Symbol symbol = externs.get(btf.name(variable));
      if (symbol != null) {
        settings.add(setting(symbol, i, variable));
      }
    }
    if (settings.isEmpty()) {
      return 0;
    }
    settings.sort(
        Comparator.comparingInt((Setting s) -> -s.alignment())
            .thenComparingInt(Setting::size)
            .thenComparing(Setting::name));
    long end = 0;
    BtfEditor editor = new BtfEditor(btf);
    for (Setting setting : settings) {
      end = (end + setting.alignment() - 1) / setting.alignment() * setting.alignment();
      if (end + setting.size() > 1 << 20) {
        throw new MalformedException("section \".kconfig\" of more than 1 MiB");
      }
      boolean weak = setting.symbol().bind() == ElfFile.Symbol.WEAK;
      model.settings.put(
          setting.name(),
          new ObjectModel.Setting(
              setting.name(), (int) end, setting.size(), setting.variable(), weak));
      editor.sectionVarOffset(section, setting.entry(), (int) end);
      editor.varLinkage(setting.variable(), 1);
      end += setting.size();
    }
    editor.dataSecSize(section, (int) end);
    editor.sortSectionVars(section);
    model.btf = editor.build();
    return (int) end;
  }

  private void addMap(int size) {
    MapSpec spec =
        new MapSpec(
            NAME,
            MapType.ARRAY,
            4,
            size,
            1,
            BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
            0,
            null,
            model.btf,
            0,
            section,
            new byte[size],
            true,
            List.of(),
            false);
    model.maps.add(ObjectMap.ofSection(spec, KernelNames.ofSection(model.name, NAME), SECTION));
  }

  private Setting setting(ElfFile.Symbol symbol, int entry, int variable) {
    if (btf.kind(variable) != BtfKind.VAR) {
      throw bad(symbol, "is no variable");
    }
    int type = btf.skip(btf.target(variable), true);
    int kind = type < 0 ? BtfKind.VOID : btf.kind(type);
    long size = type < 0 ? -1 : btf.sizeOf(type);
    boolean integer = kind == BtfKind.INT && (size == 1 || size == 2 || size == 4 || size == 8);
    boolean tristate = BtfKind.isAnyEnum(kind) && btf.name(type).equals("libbpf_tristate");
    if (integer || tristate && size == 4) {
      return new Setting(symbol, entry, variable, (int) size, (int) size);
    }
    boolean text = kind == BtfKind.ARRAY && size > 0 && size < 1 << 20 && isChar(type);
    if (!text) {
      throw bad(symbol, "type is unsupported");
    }
    return new Setting(symbol, entry, variable, (int) size, 1);
  }

  private boolean isChar(int array) {
    int element = btf.skip(btf.arrayElement(array), true);
    return element > 0 && btf.kind(element) == BtfKind.INT && btf.size(element) == 1;
  }

  private static MalformedException bad(ElfFile.Symbol symbol, String what) {
    return new MalformedException("extern (kcfg) '" + symbol.name() + "': " + what);
  }
}

package dev.skep.object;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfExt;
import dev.skep.btf.BtfFunctions;
import dev.skep.btf.CoreResolver;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@link ObjectReader} found; {@link BpfObject} is its public face. */
final class ObjectModel {
  final String name;
  final OpenOptions options;
  final boolean bigEndian;
  final List<ElfFile.Section> sections;
  final List<ElfFile.Symbol> symbols;
  final List<ObjectFunction> functions = new ArrayList<>();
  final List<ObjectProgram> programs = new ArrayList<>();
  final List<ObjectMap> maps = new ArrayList<>();

  /** The map that holds the variables of address space 1, and their section; null for none. */
  @Nullable ObjectMap arena;

  int arenaSection;
  String license = "";
  int kernelVersion;
  @Nullable Btf btf;
  @Nullable BtfExt ext;

  /** Settings of the kernel that the object asks for, by name. */
  final Map<String, Setting> settings = new LinkedHashMap<>();

  /** Names of settings that were given a value. */
  final Set<String> given = new HashSet<>();

  /** Addresses of the kernel's symbols, where somebody gave them. */
  @Nullable KernelAddresses addresses;

  private @Nullable Btf kernelBtf;
  private @Nullable CoreResolver resolver;

  /** A value in the ".kconfig" map. */
  record Setting(String name, int offset, int size, int typeId, boolean weak) {}

  ObjectModel(String name, OpenOptions options, ElfFile elf) {
    this.name = name.length() > 15 ? name.substring(0, 15) : name;
    this.options = options;
    this.kernelBtf = options.kernelBtf();
    this.bigEndian = elf.isBigEndian();
    this.sections = elf.sections();
    this.symbols = elf.symbols();
  }

  /** Whether the kernel will take the object's BTF; if not, programs and maps go without. */
  boolean kernelTakesBtf() {
    return btf == null || BtfFunctions.refusal(btf) == null;
  }

  synchronized void kernelBtf(Btf kernel) {
    kernelBtf = kernel;
    resolver = null;
  }

  synchronized boolean hasKernelBtf() {
    return kernelBtf != null;
  }

  /** Resolves CO-RE relocations; null without the object's or the kernel's BTF. */
  synchronized @Nullable CoreResolver coreResolver() {
    Btf kernel = kernelBtf;
    if (resolver == null && kernel != null && btf != null) {
      resolver = new CoreResolver(btf, kernel);
    }
    return resolver;
  }

  /** The function that holds a slot of a section: of several, the one that starts last. */
  @Nullable ObjectFunction function(int section, long slot) {
    int low = 0;
    int high = functions.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      ObjectFunction candidate = functions.get(middle);
      boolean after =
          candidate.section() != section ? candidate.section() > section : candidate.start() > slot;
      if (after) {
        high = middle - 1;
      } else {
        low = middle + 1;
      }
    }
    ObjectFunction last = high < 0 ? null : functions.get(high);
    return last != null && last.section() == section && last.contains(slot) ? last : null;
  }
}

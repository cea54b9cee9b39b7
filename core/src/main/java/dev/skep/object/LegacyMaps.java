package dev.skep.object;

import dev.skep.errors.MalformedException;
import dev.skep.errors.UnsupportedException;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of a "maps" section, one per symbol in it. Libbpf took them up to 0.8 (struct
 * bpf_map_def); others wrote longer ones, told apart by their size.
 *
 * <pre>
 *   bytes  0     4         8           12           16     20             24         28        32
 *         +-----+---------+-----------+------------+------+
 *   libbpf| type| key_size| value_size| max_entries| flags|
 *         +-----+---------+-----------+------------+------+--------------+----------+
 *   samples, 28 bytes                                     | inner_map_idx| numa_node|
 *         +-----+---------+-----------+------------+------+--------------+----------+--------+---------+
 *   iproute2, 36 bytes                                    | id           | pinning  |inner_id|inner_idx|
 * </pre>
 */
final class LegacyMaps {
  private static final int LIBBPF_BYTES = 20;
  private static final int SAMPLES_BYTES = 28;
  private static final int IPROUTE2_BYTES = 36;
  private static final int BPF_F_NUMA_NODE = 4;

  private final ElfFile elf;
  private final ObjectModel model;

  /** A record's words beyond struct bpf_map_def. */
  private record Extra(int[] words) {
    int id() {
      return words[0];
    }

    int innerId() {
      return words[2];
    }

    int innerIndex() {
      return words[3];
    }
  }

  LegacyMaps(ElfFile elf, ObjectModel model) {
    this.elf = elf;
    this.model = model;
  }

  void read() {
    for (ElfFile.Section section : elf.sections()) {
      if (section.name().equals("maps") && section.type() == ElfFile.SHT_PROGBITS) {
        read(section);
      }
    }
  }

  private void read(ElfFile.Section section) {
    List<ElfFile.Symbol> symbols = symbols(section);
    if (symbols.isEmpty()) {
      return;
    }
    if (section.size() % symbols.size() != 0 || section.size() / symbols.size() % 4 != 0) {
      throw new MalformedException(
          "section \"maps\": unable to determine legacy map definition size: "
              + symbols.size()
              + " maps in "
              + section.size()
              + " bytes");
    }
    int recordBytes = (int) (section.size() / symbols.size());
    ByteBuffer data =
        ByteBuffer.wrap(elf.data(section))
            .order(elf.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    List<ObjectMap> maps = new ArrayList<>();
    List<Extra> extras = new ArrayList<>();
    for (ElfFile.Symbol symbol : symbols) {
      if (symbol.value() < 0 || symbol.value() > section.size() - recordBytes) {
        throw new MalformedException(
            "section \"maps\": map \"" + symbol.name() + "\" ends outside of the section");
      }
      int at = (int) symbol.value();
      maps.add(map(section, symbol, data, recordBytes));
      extras.add(extra(symbol, data, at, recordBytes));
    }
    if (recordBytes == SAMPLES_BYTES) {
      nestSamples(maps, extras);
    } else if (recordBytes == IPROUTE2_BYTES) {
      nestIproute2(maps, extras);
    }
    model.maps.addAll(maps);
  }

  private List<ElfFile.Symbol> symbols(ElfFile.Section section) {
    List<ElfFile.Symbol> symbols = new ArrayList<>();
    for (ElfFile.Symbol symbol : elf.symbols()) {
      if (symbol.section() != section.index()
          || symbol.type() == ElfFile.Symbol.SECTION
          || symbol.name().isEmpty()) {
        continue;
      }
      if (!symbol.isGlobalOrWeak()) {
        throw new MalformedException(
            "section \"maps\": map \"" + symbol.name() + "\" is static and not supported");
      }
      symbols.add(symbol);
    }
    symbols.sort(Comparator.comparingLong(ElfFile.Symbol::value));
    return symbols;
  }

  private ObjectMap map(
      ElfFile.Section section, ElfFile.Symbol symbol, ByteBuffer data, int recordBytes) {
    int[] words = new int[5];
    for (int i = 0; i < words.length && 4 * i < recordBytes; i++) {
      words[i] = data.getInt((int) symbol.value() + 4 * i);
    }
    MapType type = MapType.ofNumber(words[0]);
    if (type == null) {
      throw new UnsupportedException(
          "map \"" + symbol.name() + "\": map type " + Integer.toUnsignedString(words[0]));
    }
    MapSpec spec = MapSpec.of(symbol.name(), type, words[1], words[2], words[3], words[4]);
    return ObjectMap.defined(spec, section.index(), symbol.value(), model.options.pageSize());
  }

  private static Extra extra(ElfFile.Symbol symbol, ByteBuffer data, int at, int recordBytes) {
    int[] words = new int[4];
    for (int i = LIBBPF_BYTES; i < recordBytes; i += 4) {
      int word = data.getInt(at + i);
      boolean known = recordBytes == SAMPLES_BYTES || recordBytes == IPROUTE2_BYTES;
      if (known) {
        words[(i - LIBBPF_BYTES) / 4] = word;
      } else if (word != 0) {
        throw new UnsupportedException(
            "map \""
                + symbol.name()
                + "\": legacy map definition of "
                + recordBytes
                + " bytes with unrecognized, non-zero options");
      }
    }
    return new Extra(words);
  }

  /** The kernel's samples name a map's template by its place in the section. */
  private static void nestSamples(List<ObjectMap> maps, List<Extra> extras) {
    for (int i = 0; i < maps.size(); i++) {
      ObjectMap map = maps.get(i);
      int[] words = extras.get(i).words();
      if ((map.spec().flags() & BPF_F_NUMA_NODE) != 0) {
        map.numaNode(words[1]);
      }
      if (isMapInMap(map) && words[0] >= 0 && words[0] < maps.size() && words[0] != i) {
        map.inner(maps.get(words[0]).spec());
      }
    }
  }

  /**
   * iproute2 names a map's template by id, puts a map that has an id and an index into the map
   * whose template it is, and a program of section "id/key" into the prog array of that id.
   */
  private void nestIproute2(List<ObjectMap> maps, List<Extra> extras) {
    Map<Integer, List<@Nullable String>> slots = new HashMap<>();
    for (int i = 0; i < maps.size(); i++) {
      Extra outer = extras.get(i);
      for (int j = 0; isMapInMap(maps.get(i)) && j < maps.size(); j++) {
        Extra candidate = extras.get(j);
        if (i == j || outer.innerId() == 0 || candidate.id() != outer.innerId()) {
          continue;
        }
        maps.get(i).inner(maps.get(j).spec());
        if (candidate.innerIndex() != -1) {
          put(slots, i, candidate.innerIndex(), maps.get(j).name());
        }
      }
    }
    for (ObjectFunction function : model.functions) {
      String[] parts = elf.sections().get(function.section()).name().split("/", -1);
      if (parts.length != 2 || !function.entry()) {
        continue;
      }
      int id = number(parts[0]);
      int key = number(parts[1]);
      for (int i = 0; i < maps.size() && id >= 0 && key >= 0; i++) {
        if (extras.get(i).id() == id && maps.get(i).spec().type() == MapType.PROG_ARRAY) {
          put(slots, i, key, function.name());
        }
      }
    }
    for (Map.Entry<Integer, List<@Nullable String>> entry : slots.entrySet()) {
      maps.get(entry.getKey()).slots(entry.getValue());
    }
  }

  private static void put(
      Map<Integer, List<@Nullable String>> slots, int map, int key, String name) {
    if (key < 0 || key >= 65536) {
      throw new MalformedException(
          "section \"maps\": slot " + Integer.toUnsignedString(key) + " for \"" + name + "\"");
    }
    List<@Nullable String> names = slots.computeIfAbsent(map, m -> new ArrayList<>());
    if (names.size() <= key) {
      names.addAll(Collections.nCopies(key + 1 - names.size(), null));
    }
    names.set(key, name);
  }

  private static boolean isMapInMap(ObjectMap map) {
    MapType type = map.spec().type();
    return type == MapType.ARRAY_OF_MAPS || type == MapType.HASH_OF_MAPS;
  }

  /** A decimal number of a section's name, -1 if it is none. */
  private static int number(String text) {
    boolean decimal = !text.isEmpty() && text.length() < 10;
    for (int i = 0; i < text.length() && decimal; i++) {
      decimal = text.charAt(i) >= '0' && text.charAt(i) <= '9';
    }
    return decimal ? Integer.parseInt(text) : -1;
  }
}

package dev.skep.cli;

import dev.skep.btf.Btf;
import dev.skep.engine.BpfMap;
import dev.skep.engine.MapEntries;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a map as {@code bpftool map dump} prints them. CPUs are numbered by the places of
 * their values, as there.
 */
final class MapDump {
  /** Values that are longer begin on a line of their own. */
  private static final int SHORT = 16;

  /** A key and its value that are longer have two lines. */
  private static final int ONE_LINE = 24;

  private final BpfMap map;
  private final MapSpec spec;
  private final MapView view;

  /** The value's types; null without. */
  private final @Nullable Btf btf;

  MapDump(String name, BpfMap map) {
    this.map = map;
    spec = map.spec();
    view = new MapView(name, map);
    btf = spec.valueTypeId() == 0 ? null : spec.btf();
  }

  /** Without -j: hexadecimal, or indented JSON where the value has a type. */
  String text() {
    if (btf != null) {
      DumpJson json = new DumpJson(true);
      json.startArray();
      for (MapEntries.Entry entry : MapEntries.of(map)) {
        formatted(json, btf, entry, true);
      }
      json.endArray();
      return json.text() + "\n";
    }
    StringBuilder out = new StringBuilder();
    int count = 0;
    for (MapEntries.Entry entry : MapEntries.of(map)) {
      plain(out, entry);
      count++;
    }
    return out + "Found " + count + (count == 1 ? " element\n" : " elements\n");
  }

  private void plain(StringBuilder out, MapEntries.Entry entry) {
    if (view.perCpu()) {
      hex(out.append("key:\n"), entry.key());
      out.append('\n');
      for (int cpu = 0; cpu < view.slots(); cpu++) {
        out.append(String.format("value (CPU %02d):", cpu));
        hex(out.append(spec.valueSize() > SHORT ? '\n' : ' '), view.slot(entry.value(), cpu));
        out.append('\n');
      }
      return;
    }
    boolean apart = spec.keySize() > SHORT || spec.valueSize() > SHORT;
    if (spec.keySize() > 0) {
      hex(out.append(apart ? "key:\n" : "key: "), entry.key());
      out.append(apart || spec.keySize() + spec.valueSize() > ONE_LINE ? "\n" : "  ");
    }
    if (spec.valueSize() > 0) {
      hex(out.append(apart ? "value:\n" : "value: "), entry.value());
    }
    out.append('\n');
  }

  /** Sixteen bytes a line, a wider gap in the middle. */
  private static void hex(StringBuilder out, byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      out.append(i == 0 ? "" : i % 16 == 0 ? "\n" : i % 8 == 0 ? "  " : " ");
      out.append(String.format("%02x", bytes[i]));
    }
  }

  /** With -j or -p: bytes, and what they are as "formatted" where the value has a type. */
  String json(boolean indented) {
    DumpJson json = new DumpJson(indented);
    json.startArray();
    for (MapEntries.Entry entry : MapEntries.of(map)) {
      json.startObject();
      json.name("key");
      json.bytes(entry.key());
      if (view.perCpu()) {
        eachCpu(json, entry.value(), json::bytes);
      } else {
        json.name("value");
        json.bytes(entry.value());
        innerMap(json, entry.value());
      }
      if (btf != null) {
        json.name("formatted");
        formatted(json, btf, entry, false);
      }
      json.endObject();
    }
    json.endArray();
    return json.text() + "\n";
  }

  private void innerMap(DumpJson json, byte[] value) {
    if (spec.type() == MapType.ARRAY_OF_MAPS || spec.type() == MapType.HASH_OF_MAPS) {
      int id = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt();
      json.name("inner_map_id");
      json.word(Integer.toUnsignedString(id));
    }
  }

  private interface Slot {
    void write(byte[] value);
  }

  private void eachCpu(DumpJson json, byte[] value, Slot slot) {
    json.name("values");
    json.startArray();
    for (int cpu = 0; cpu < view.slots(); cpu++) {
      json.startObject();
      json.name("cpu");
      json.word(Integer.toString(cpu));
      json.name("value");
      slot.write(view.slot(value, cpu));
      json.endObject();
    }
    json.endArray();
  }

  /** One element by its types; a section's has no key, as its key has no type. */
  private void formatted(DumpJson json, Btf types, MapEntries.Entry entry, boolean forPeople) {
    json.startObject();
    if (spec.keyTypeId() != 0) {
      json.name("key");
      new BtfDump(types, entry.key(), forPeople, json).write(spec.keyTypeId());
    }
    int type = spec.valueTypeId();
    if (view.perCpu()) {
      Slot slot = value -> new BtfDump(types, value, forPeople, json).write(type);
      eachCpu(json, entry.value(), slot);
    } else {
      json.name("value");
      new BtfDump(types, entry.value(), forPeople, json).write(type);
    }
    json.endObject();
  }

  /**
   * A table of values: a row for each variable or member, a column for each CPU, and their sum.
   * Elements of arrays that are zero everywhere are left out.
   */
  List<String> table() {
    List<String> heads = new ArrayList<>(List.of("variable"));
    for (int cpu = 0; view.perCpu() && cpu < view.slots(); cpu++) {
      heads.add("cpu " + cpu);
    }
    heads.add(view.perCpu() ? "sum" : "value");
    TextTable table = new TextTable("", heads);
    for (MapEntries.Entry entry : MapEntries.of(map)) {
      String key = view.isGlobals() ? "" : BtfValue.text(view.key(entry.key()));
      List<Object> values = new ArrayList<>();
      for (int cpu = 0; view.perCpu() && cpu < view.slots(); cpu++) {
        values.add(view.value(view.slot(entry.value(), cpu)));
      }
      if (!view.perCpu()) {
        values.add(view.value(entry.value()));
      }
      new ValueRows(table, view.perCpu()).add(key, values);
    }
    return table.lines();
  }
}

package dev.skep.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.MapEntries;
import dev.skep.errors.SkepException;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A map's elements for people and for JSON: by BTF where the object has it, per-CPU values summed
 * up.
 */
final class MapView {
  private static final int SHOWN = 20;

  private final String name;
  private final BpfMap map;
  private final MapSpec spec;

  /** Programs that slots are named after. */
  private final Collection<LoadedProgram> programs;

  MapView(String name, BpfMap map) {
    this(name, map, List.of());
  }

  private MapView(String name, BpfMap map, Collection<LoadedProgram> programs) {
    this.name = name;
    this.map = map;
    this.spec = map.spec();
    this.programs = programs;
  }

  /** The maps of an object, in its order. */
  static List<MapView> of(LoadedObject object) {
    Collection<LoadedProgram> programs = object.programs().values();
    return object.maps().entrySet().stream()
        .map(map -> new MapView(map.getKey(), map.getValue(), programs))
        .toList();
  }

  private record Element(byte[] key, byte[] value) {}

  boolean perCpu() {
    return switch (spec.type()) {
      case PERCPU_ARRAY, PERCPU_HASH, LRU_PERCPU_HASH -> true;
      default -> false;
    };
  }

  private boolean hasElements() {
    return switch (spec.type()) {
      case RINGBUF, USER_RINGBUF, PERF_EVENT_ARRAY, QUEUE, STACK, ARENA -> false;
      default -> true;
    };
  }

  private List<Element> elements(int most) {
    List<Element> elements = new ArrayList<>();
    for (MapEntries.Entry entry : MapEntries.of(map)) {
      if (elements.size() == most) {
        break;
      }
      elements.add(new Element(entry.key(), entry.value()));
    }
    return elements;
  }

  private static boolean zero(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  int slots() {
    return map.userValueSize() / Math.max(1, slotSize());
  }

  private int slotSize() {
    return (spec.valueSize() + 7) & ~7;
  }

  byte[] slot(byte[] value, int cpu) {
    return Arrays.copyOfRange(value, cpu * slotSize(), cpu * slotSize() + spec.valueSize());
  }

  /** A slot's program by its name; one that is not of the object by its id. */
  private Object program(byte[] id) {
    long number = number(id);
    return programs.stream()
        .filter(program -> program.id() == number)
        .map(program -> program.program().name())
        .findFirst()
        .map(Object.class::cast)
        .orElse(number);
  }

  private static long number(byte[] bytes) {
    return Integer.toUnsignedLong(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt());
  }

  Object value(byte[] bytes) {
    if (spec.type() == MapType.PROG_ARRAY) {
      return program(bytes);
    }
    Btf btf = spec.btf();
    return btf == null || spec.valueTypeId() == 0
        ? HexFormat.ofDelimiter(" ").formatHex(bytes)
        : BtfValue.of(btf, spec.valueTypeId(), bytes, 0);
  }

  Object key(byte[] bytes) {
    Btf btf = spec.btf();
    if (btf != null && spec.keyTypeId() != 0) {
      return BtfValue.of(btf, spec.keyTypeId(), bytes, 0);
    }
    switch (spec.type()) {
      case ARRAY, PERCPU_ARRAY, PROG_ARRAY -> {
        return number(bytes);
      }
      default -> {
        // has keys of its own
      }
    }
    return HexFormat.ofDelimiter(" ").formatHex(bytes);
  }

  private Object total(byte[] value) {
    if (!perCpu()) {
      return value(value);
    }
    if (spec.btf() == null || spec.valueTypeId() == 0) {
      List<Object> all = new ArrayList<>();
      for (int cpu = 0; cpu < slots(); cpu++) {
        all.add(value(slot(value, cpu)));
      }
      return all;
    }
    Object sum = null;
    for (int cpu = 0; cpu < slots(); cpu++) {
      sum = BtfValue.sum(sum, value(slot(value, cpu)));
    }
    return java.util.Objects.requireNonNull(sum);
  }

  /** Whether the value is a section of global variables. */
  boolean isGlobals() {
    Btf btf = spec.btf();
    return btf != null
        && spec.valueTypeId() != 0
        && btf.kind(spec.valueTypeId()) == BtfKind.DATASEC;
  }

  void print(PrintWriter out) {
    if (!hasElements() || spec.frozen() && isGlobals()) {
      return;
    }
    List<Element> elements;
    try {
      elements = elements(SHOWN + 1);
    } catch (SkepException e) {
      out.println("\n" + name + ": " + e.getMessage());
      return;
    }
    String kind = spec.type().text() + (perCpu() ? ", sum of " + slots() + " cpus" : "");
    out.println("\n" + name + " (" + kind + ")");
    if (isGlobals() && !elements.isEmpty()) {
      printGlobals(out, elements.getFirst());
      return;
    }
    boolean array = spec.type() == MapType.ARRAY || spec.type() == MapType.PERCPU_ARRAY;
    int shown = 0;
    for (Element element : elements) {
      if (array && zero(element.value)) {
        continue;
      }
      if (shown++ == SHOWN) {
        out.println("  ..");
        break;
      }
      out.println(
          "  " + BtfValue.text(key(element.key)) + ": " + BtfValue.text(total(element.value)));
    }
    if (shown == 0) {
      out.println(array ? "  all zero" : "  empty");
    }
  }

  /**
   * Global variables as a table: structs of numbers get a column per member, the rest one line
   * each.
   */
  private void printGlobals(PrintWriter out, Element element) {
    if (!(total(element.value) instanceof Map<?, ?> variables)) {
      return;
    }
    List<String> columns = commonMembers(variables);
    if (columns == null) {
      variables.forEach(
          (variable, value) -> out.println("  " + variable + " = " + BtfValue.text(value)));
      return;
    }
    List<String> heads = new ArrayList<>();
    heads.add("variable");
    heads.addAll(columns);
    TextTable table = new TextTable("  ", heads);
    variables.forEach((variable, value) -> {
      List<String> cells = new ArrayList<>();
      cells.add(String.valueOf(variable));
      ((Map<?, ?>) value).values().forEach(v -> cells.add(String.format("%,d", asLong(v))));
      table.row(cells);
    });
    table.lines().forEach(out::println);
  }

  private static long asLong(Object value) {
    return value instanceof BtfValue.UnsignedLong number ? number.bits() : (Long) value;
  }

  private static @Nullable List<String> commonMembers(Map<?, ?> variables) {
    List<String> members = null;
    for (Object value : variables.values()) {
      if (!(value instanceof Map<?, ?> struct)
          || struct.values().stream()
              .anyMatch(v -> !(v instanceof Long) && !(v instanceof BtfValue.UnsignedLong))) {
        return null;
      }
      List<String> names = struct.keySet().stream().map(String::valueOf).toList();
      if (members != null && !members.equals(names)) {
        return null;
      }
      members = names;
    }
    return members;
  }

  /**
   * One field per map: name, type and the elements with their key and value; per-CPU values also
   * per CPU.
   */
  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeStringField("type", spec.type().text());
    json.writeArrayFieldStart("elements");
    if (hasElements()) {
      for (Element element : elements(Integer.MAX_VALUE)) {
        json.writeStartObject();
        json.writeFieldName("key");
        writeValue(json, key(element.key));
        if (perCpu()) {
          json.writeArrayFieldStart("values");
          for (int cpu = 0; cpu < slots(); cpu++) {
            json.writeStartObject();
            json.writeNumberField("cpu", cpu);
            json.writeFieldName("value");
            writeValue(json, value(slot(element.value, cpu)));
            json.writeEndObject();
          }
          json.writeEndArray();
        }
        json.writeFieldName(perCpu() ? "total" : "value");
        writeValue(json, total(element.value));
        json.writeEndObject();
      }
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeValue(JsonGenerator json, Object value) throws IOException {
    switch (value) {
      case Long number -> json.writeNumber(number);
      case BtfValue.UnsignedLong number -> json.writeNumber(number.toString());
      case Boolean flag -> json.writeBoolean(flag);
      case List<?> list -> {
        json.writeStartArray();
        for (Object element : list) {
          writeValue(json, element);
        }
        json.writeEndArray();
      }
      case Map<?, ?> map -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> member : map.entrySet()) {
          json.writeFieldName(String.valueOf(member.getKey()));
          writeValue(json, member.getValue());
        }
        json.writeEndObject();
      }
      default -> json.writeString(value.toString());
    }
  }
}

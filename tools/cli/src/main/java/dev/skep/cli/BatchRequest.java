package dev.skep.cli;

import dev.skep.btf.Btf;
import dev.skep.errors.MalformedException;
import dev.skep.isa.InsnWord;
import dev.skep.ladder.Sample;
import dev.skep.program.Dialect;
import dev.skep.program.FuncInfo;
import dev.skep.program.LineInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One line of {@code skep batch}, checked field by field; every error names the field. */
final class BatchRequest {
  private final Map<String, @Nullable Object> fields;

  BatchRequest(Map<String, @Nullable Object> fields) {
    this.fields = fields;
  }

  @Nullable Object id() {
    return fields.get("id");
  }

  String op() {
    return text("op", "verify");
  }

  String engine() {
    return text("engine", "jit");
  }

  /** What {@code xlated} and {@code jited} are made for. */
  CodeTarget target() {
    return CodeTarget.parse(
        text("arch", "x86_64"), text("layout", "kernel"), text("dialect", "linux-6.18"));
  }

  /** Whose rules judge the program. */
  Dialect kernel() {
    try {
      return Dialect.parse(text("kernel", "mainline"));
    } catch (IllegalArgumentException e) {
      throw new MalformedException("kernel: " + e.getMessage());
    }
  }

  int logLevel() {
    return (int) number("log_level", 0, 0, 15);
  }

  /** Bytes of the log's buffer; without the field, everything is kept. */
  int logSize() {
    return (int) number("log_size", Integer.MAX_VALUE, 0, Integer.MAX_VALUE);
  }

  int repeat() {
    return (int) number("repeat", 1, 0, Integer.MAX_VALUE);
  }

  boolean flag(String name) {
    Object value = fields.get(name);
    if (value == null) {
      return false;
    }
    if (value instanceof Boolean set) {
      return set;
    }
    throw wrong(name, "true or false");
  }

  byte @Nullable [] bytes(String name) {
    Object value = fields.get(name);
    if (value == null) {
      return null;
    }
    if (value instanceof String hex) {
      return Hex.parse(name, hex);
    }
    throw wrong(name, "hex text");
  }

  Program program() {
    byte[] code = bytes("insns");
    if (code == null) {
      throw new MalformedException("insns: missing");
    }
    if (code.length % 8 != 0) {
      throw new MalformedException("insns: " + code.length + " bytes, not a multiple of 8");
    }
    byte[] btfBytes = bytes("btf");
    Btf btf = btfBytes == null ? null : Btf.parse(btfBytes);
    List<MapSpec> maps = maps(btf);
    long[] insns = words(code);
    checkMapIndexes(insns, maps.size());
    String attachTo = text("attach_to", "");
    return new Program(
        text("name", "batch"),
        "",
        programType(),
        (int) number("expected_attach_type", 0, 0, Integer.MAX_VALUE),
        (int) number("prog_flags", 0, 0, 0xffff_ffffL),
        text("license", "GPL"),
        insns,
        maps,
        funcInfo(),
        lineInfo(),
        btf,
        attachTo.isEmpty() ? null : attachTo,
        (int) number("attach_btf_id", 0, 0, 0xf_ffff),
        null,
        null,
        List.of());
  }

  /**
   * The program with what a run of it needs: its inputs, elements of its maps, and programs for the
   * slots of its program arrays.
   */
  Sample sample() {
    Program program = program();
    List<byte[]> packets = new ArrayList<>();
    List<byte[]> contexts = new ArrayList<>();
    for (BatchRequest input : inputs()) {
      packets.add(orNone(input.bytes("data_in")));
      contexts.add(orNone(input.bytes("ctx_in")));
    }
    List<Program> targets = targets();
    List<BatchRequest> maps = objects("maps");
    List<List<Sample.Element>> contents = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      contents.add(maps.get(i).elements(program.maps().get(i), targets.size(), "maps[" + i + "]."));
    }
    return new Sample("batch", program, packets, contexts, contents, targets);
  }

  /** The programs for slots; they use the maps of this one, and need not repeat them. */
  private List<Program> targets() {
    List<Program> targets = new ArrayList<>();
    for (BatchRequest target : objects("programs")) {
      Map<String, @Nullable Object> both = new HashMap<>(target.fields);
      both.putIfAbsent("maps", fields.get("maps"));
      if (new BatchRequest(both).objects("maps").size() != objects("maps").size()) {
        throw wrong("programs[" + targets.size() + "].maps", "those of the request, or missing");
      }
      targets.add(new BatchRequest(both).program());
    }
    return targets;
  }

  /** One request per input; the line itself where it has no list of them. */
  List<BatchRequest> inputs() {
    return fields.get("inputs") == null ? List.of(this) : objects("inputs");
  }

  /** Whether the answer is a list of results. */
  boolean hasInputs() {
    return fields.get("inputs") != null;
  }

  private static byte[] orNone(byte @Nullable [] bytes) {
    return bytes == null ? new byte[0] : bytes;
  }

  private List<Sample.Element> elements(MapSpec map, int targets, String where) {
    List<Sample.Element> elements = new ArrayList<>();
    if (fields.get("elements") == null) {
      return elements;
    }
    if (!(fields.get("elements") instanceof List<?> list)) {
      throw wrong("elements", "a list");
    }
    for (Object pair : list) {
      if (!(pair instanceof List<?> halves)
          || halves.size() != 2
          || !(halves.get(0) instanceof String key)
          || !(halves.get(1) instanceof String value)) {
        throw wrong("elements", "a list of [key, value] in hex");
      }
      Sample.Element element =
          new Sample.Element(Hex.parse("elements: key", key), Hex.parse("elements: value", value));
      check(element, map, targets, where + "elements[" + elements.size() + "]: ");
      elements.add(element);
    }
    return elements;
  }

  private static void check(Sample.Element element, MapSpec map, int targets, String where) {
    int key = element.key().length;
    if (key != map.keySize()) {
      throw new MalformedException(where + "key of " + key + " bytes, want " + map.keySize());
    }
    byte[] value = element.value();
    if (map.type() == MapType.PROG_ARRAY) {
      checkSlot(value, targets, where);
      return;
    }
    MapSpec inner = map.inner();
    int size = inner == null ? map.valueSize() : inner.valueSize();
    if (value.length == 0 || value.length > size) {
      throw new MalformedException(where + "value of " + value.length + " bytes, want " + size);
    }
  }

  private static void checkSlot(byte[] value, int targets, String where) {
    if (value.length == 1) {
      return;
    }
    if (value.length != Integer.BYTES) {
      throw new MalformedException(where + "value of " + value.length + " bytes, want 1 or 4");
    }
    int number = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (number < 0 || number >= targets) {
      throw new MalformedException(where + "program " + number + " of " + targets);
    }
  }

  /** The objects of a list, none when it is missing. */
  private List<BatchRequest> objects(String name) {
    List<BatchRequest> objects = new ArrayList<>();
    if (fields.get(name) == null) {
      return objects;
    }
    if (!(fields.get(name) instanceof List<?> list)) {
      throw wrong(name, "a list");
    }
    for (int i = 0; i < list.size(); i++) {
      objects.add(new BatchRequest(asObject(list.get(i), name + "[" + i + "]")));
    }
    return objects;
  }

  private static long[] words(byte[] code) {
    long[] words = new long[code.length / 8];
    ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
    return words;
  }

  /**
   * A map index is this format's own notion: one out of range is an error of the line, not of the
   * program.
   */
  private static void checkMapIndexes(long[] insns, int maps) {
    boolean second = false;
    for (int i = 0; i < insns.length; i++) {
      if (second || InsnWord.code(insns[i]) != 0x18) {
        second = false;
        continue;
      }
      second = true;
      int src = InsnWord.src(insns[i]);
      int index = InsnWord.imm(insns[i]);
      boolean loadsMap = src == 1 || src == 2 || src == 5 || src == 6;
      if (loadsMap && (index < 0 || index >= maps)) {
        throw new MalformedException(
            "insns: instruction " + i + " loads map " + index + " of " + maps);
      }
    }
  }

  private ProgramType programType() {
    Object value = fields.get("prog_type");
    ProgramType type =
        switch (value) {
          case String name -> ProgramType.ofText(name);
          case Long number -> ProgramType.ofNumber(Math.clamp(number, -1, 1000));
          case null -> throw new MalformedException("prog_type: missing");
          default -> throw wrong("prog_type", "a name or number");
        };
    if (type == null) {
      throw new MalformedException("prog_type: unknown type \"" + value + "\"");
    }
    return type;
  }

  private List<MapSpec> maps(@Nullable Btf btf) {
    List<MapSpec> maps = new ArrayList<>();
    if (fields.get("maps") == null) {
      return maps;
    }
    if (!(fields.get("maps") instanceof List<?> list)) {
      throw wrong("maps", "a list");
    }
    for (int i = 0; i < list.size(); i++) {
      maps.add(map(list.get(i), "maps[" + i + "]", "map" + i, btf));
    }
    return maps;
  }

  private static MapSpec map(@Nullable Object value, String where, String name, @Nullable Btf btf) {
    BatchRequest map = new BatchRequest(asObject(value, where));
    try {
      MapType type = mapType(map.fields.get("type"));
      Object inner = map.fields.get("inner");
      if (inner == null && (type == MapType.ARRAY_OF_MAPS || type == MapType.HASH_OF_MAPS)) {
        throw new MalformedException("inner: missing in a map of maps");
      }
      return new MapSpec(
          map.text("name", name),
          type,
          (int) map.number("key_size", 0, 0, 0xffff_ffffL),
          (int) map.number("value_size", 0, 0, 0xffff_ffffL),
          (int) map.number("max_entries", 0, 0, 0xffff_ffffL),
          (int) map.number("flags", 0, 0, 0xffff_ffffL),
          map.number("extra", 0, Long.MIN_VALUE, Long.MAX_VALUE),
          inner == null ? null : map(inner, "inner", name + ".inner", btf),
          btf,
          (int) map.number("btf_key", 0, 0, Integer.MAX_VALUE),
          (int) map.number("btf_value", 0, 0, Integer.MAX_VALUE),
          map.bytes("data"),
          map.flag("frozen"),
          List.of(),
          false);
    } catch (MalformedException e) {
      throw new MalformedException(where + "." + e.getMessage());
    }
  }

  private static MapType mapType(@Nullable Object value) {
    MapType type =
        switch (value) {
          case String name -> MapType.ofText(name);
          case Long number -> MapType.ofNumber(Math.clamp(number, -1, 1000));
          case null -> throw new MalformedException("type: missing");
          default -> throw wrong("type", "a name or number");
        };
    if (type == null) {
      throw new MalformedException("type: unknown type \"" + value + "\"");
    }
    return type;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, @Nullable Object> asObject(@Nullable Object value, String where) {
    if (value instanceof Map<?, ?> object) {
      return (Map<String, @Nullable Object>) object;
    }
    throw wrong(where, "an object");
  }

  private List<FuncInfo> funcInfo() {
    ByteBuffer records = records("func_info", 8);
    List<FuncInfo> infos = new ArrayList<>();
    while (records.hasRemaining()) {
      infos.add(new FuncInfo(records.getInt(), records.getInt()));
    }
    return infos;
  }

  private List<LineInfo> lineInfo() {
    ByteBuffer records = records("line_info", 16);
    List<LineInfo> infos = new ArrayList<>();
    while (records.hasRemaining()) {
      infos.add(
          new LineInfo(records.getInt(), records.getInt(), records.getInt(), records.getInt()));
    }
    return infos;
  }

  private ByteBuffer records(String name, int size) {
    byte[] bytes = bytes(name);
    if (bytes == null) {
      bytes = new byte[0];
    }
    if (bytes.length % size != 0) {
      throw new MalformedException(
          name + ": " + bytes.length + " bytes, not a multiple of " + size);
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private String text(String name, String otherwise) {
    Object value = fields.get(name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof String text) {
      return text;
    }
    throw wrong(name, "text");
  }

  private long number(String name, long otherwise, long least, long most) {
    Object value = fields.get(name);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Long number && number >= least && number <= most) {
      return number;
    }
    throw wrong(name, "a number from " + least + " to " + most);
  }

  private static MalformedException wrong(String name, String wanted) {
    return new MalformedException(name + ": must be " + wanted);
  }
}

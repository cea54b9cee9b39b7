package dev.skep.rewrite;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.isa.InsnWord;
import dev.skep.program.Dialect;
import dev.skep.program.FuncInfo;
import dev.skep.program.HostFacts;
import dev.skep.program.KernelTypes;
import dev.skep.program.LineInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.testing.Json;
import dev.skep.verify.VerifierOptions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One program of the golden file: as it was loaded, and as the kernel showed it afterwards. */
@SuppressWarnings("unchecked")
final class GoldenCase {
  final String name;
  final String group;
  final Program program;
  final VerifierOptions options;
  final long[] xlated;
  final boolean needsKernelBtf;

  /** Maps whose values have pointers, locks or lists, which only BTF tells. */
  final boolean needsMapBtf;

  private final Map<String, Object> json;

  /**
   * @param kernel the kernel's BTF, where it is at hand: the ids of its functions and types are not
   *     those of the kernel that was measured
   */
  GoldenCase(String line, @Nullable Btf kernel) {
    json = Json.object(line);
    name = (String) get("name");
    group = (String) get("group");
    xlated = words((String) get("xlated"));
    needsKernelBtf =
        json.containsKey("input_masked")
            || json.containsKey("attach_btf")
            || group.startsWith("probe") && json.containsKey("btf");
    needsMapBtf = String.valueOf(json.get("maps")).contains("btf");
    boolean perfmon = !drops("PERFMON");
    options =
        new VerifierOptions(
            Dialect.V6_18,
            new HostFacts(2, 256, 250, perfmon, true),
            0,
            Integer.MAX_VALUE,
            kernel == null ? KernelTypes.NONE : KernelTypes.of(kernel));
    program =
        new Program(
            name,
            "",
            Objects.requireNonNull(ProgramType.ofNumber(number("prog_type"))),
            number("attach_type"),
            json.containsKey("prog_flags") ? number("prog_flags") : 0,
            "GPL",
            insns(kernel),
            maps(),
            funcInfo(),
            lineInfo(),
            json.containsKey("btf")
                ? Btf.parse(HexFormat.of().parseHex((String) get("btf")))
                : null,
            null,
            kernel == null ? 0 : attachId(kernel),
            null,
            null,
            List.of());
  }

  /** The type that the program attaches to, by the ways that each program type has. */
  private int attachId(Btf kernel) {
    if (!json.containsKey("attach_btf")) {
      return 0;
    }
    String target = (String) get("attach_btf");
    int kind =
        switch (target.replaceFirst("_.*", "")) {
          case "btf" -> BtfKind.TYPEDEF;
          case "bpf" -> BtfKind.FUNC;
          default -> BtfKind.STRUCT;
        };
    return kernel.find(target, kind);
  }

  /** The program, with the ids that this kernel gives to its functions. */
  private long[] insns(@Nullable Btf kernel) {
    long[] insns = words((String) get("insns"));
    if (kernel == null || !json.containsKey("input_masked")) {
      return insns;
    }
    for (Object mask : (List<Object>) get("input_masked")) {
      List<Object> entry = (List<Object>) mask;
      int insn = ((Number) entry.get(0)).intValue();
      String function = ((String) entry.get(2)).substring("kfunc:".length());
      insns[insn] = InsnWord.withImm(insns[insn], kernel.find(function, BtfKind.FUNC));
    }
    return insns;
  }

  private Object get(String key) {
    return Objects.requireNonNull(json.get(key), key);
  }

  private int number(String key) {
    return ((Number) get(key)).intValue();
  }

  private static long[] words(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    long[] words = new long[bytes.length / 8];
    java.nio.ByteBuffer.wrap(bytes)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .asLongBuffer()
        .get(words);
    return words;
  }

  private int[] ints(String key) {
    if (!json.containsKey(key)) {
      return new int[0];
    }
    byte[] bytes = HexFormat.of().parseHex((String) get(key));
    int[] ints = new int[bytes.length / 4];
    java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ints);
    return ints;
  }

  private List<FuncInfo> funcInfo() {
    int[] ints = ints("func_info");
    List<FuncInfo> list = new ArrayList<>();
    for (int i = 0; i < ints.length; i += 2) {
      list.add(new FuncInfo(ints[i], ints[i + 1]));
    }
    return list;
  }

  private List<LineInfo> lineInfo() {
    int[] ints = ints("line_info");
    List<LineInfo> list = new ArrayList<>();
    for (int i = 0; i < ints.length; i += 4) {
      list.add(new LineInfo(ints[i], ints[i + 1], ints[i + 2], ints[i + 3]));
    }
    return list;
  }

  private List<MapSpec> maps() {
    List<MapSpec> maps = new ArrayList<>();
    for (Object map : (List<Object>) get("maps")) {
      maps.add(map((Map<String, Object>) map));
    }
    return maps;
  }

  private static MapSpec map(Map<String, Object> json) {
    MapSpec plain =
        MapSpec.of(
            "",
            Objects.requireNonNull(MapType.ofNumber(value(json, "type"))),
            value(json, "key_size"),
            value(json, "value_size"),
            value(json, "max_entries"),
            value(json, "flags"));
    MapSpec spec =
        new MapSpec(
            "",
            plain.type(),
            plain.keySize(),
            plain.valueSize(),
            plain.maxEntries(),
            plain.flags(),
            json.get("extra") instanceof Number extra ? extra.longValue() : 0,
            json.containsKey("inner") ? map((Map<String, Object>) json.get("inner")) : null,
            null,
            0,
            0,
            null,
            json.containsKey("freeze"),
            List.of(),
            false);
    if (!json.containsKey("btf")) {
      return spec;
    }
    Btf types =
        Btf.parse(HexFormat.of().parseHex((String) Objects.requireNonNull(json.get("btf"))));
    return spec.withTypes(types, value(json, "btf_key"), value(json, "btf_value"));
  }

  private static int value(Map<String, Object> json, String key) {
    return json.get(key) instanceof Number number ? number.intValue() : 0;
  }

  /** What the case says of an instruction: "map_id", "call:symbol" and so on, or "". */
  String mask(int insn) {
    for (Object mask : (List<Object>) get("masked")) {
      List<Object> entry = (List<Object>) mask;
      if (((Number) entry.get(0)).intValue() == insn) {
        return (String) entry.get(2);
      }
    }
    return "";
  }

  List<List<Integer>> infoAfter(String key) {
    List<List<Integer>> all = new ArrayList<>();
    if (json.containsKey(key)) {
      for (Object entry : (List<Object>) get(key)) {
        all.add(((List<Object>) entry).stream().map(v -> ((Number) v).intValue()).toList());
      }
    }
    return all;
  }

  /** Whether the loader had lost a capability. */
  boolean drops(String capability) {
    return String.valueOf(json.get("drop_caps")).contains(capability);
  }

  boolean has(String key) {
    return json.containsKey(key);
  }

  /** The word without what belongs to one kernel only. */
  long masked(int insn, long word) {
    return mask(insn).isEmpty() ? word : InsnWord.withImm(word, 0);
  }
}

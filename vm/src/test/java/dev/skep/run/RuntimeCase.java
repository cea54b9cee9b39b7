package dev.skep.run;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.isa.InsnWord;
import dev.skep.map.MapFlags;
import dev.skep.program.FuncInfo;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.testing.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One line of the golden run-time data: maps, at most one program, steps with their results. */
final class RuntimeCase {
  private static final Map<String, MapType> MAP_TYPES =
      Map.ofEntries(
          Map.entry("pchash", MapType.PERCPU_HASH),
          Map.entry("pcarray", MapType.PERCPU_ARRAY),
          Map.entry("lru", MapType.LRU_HASH),
          Map.entry("lrupc", MapType.LRU_PERCPU_HASH),
          Map.entry("lpm", MapType.LPM_TRIE),
          Map.entry("aom", MapType.ARRAY_OF_MAPS),
          Map.entry("hom", MapType.HASH_OF_MAPS),
          Map.entry("bloom", MapType.BLOOM_FILTER),
          Map.entry("urb", MapType.USER_RINGBUF),
          Map.entry("perf", MapType.PERF_EVENT_ARRAY),
          Map.entry("cgs", MapType.CGROUP_STORAGE),
          Map.entry("reuse", MapType.REUSEPORT_SOCKARRAY),
          Map.entry("sks", MapType.SK_STORAGE),
          Map.entry("task", MapType.TASK_STORAGE),
          Map.entry("inode", MapType.INODE_STORAGE),
          Map.entry("cgrp", MapType.CGRP_STORAGE));

  private static final Map<String, ProgramType> PROGRAM_TYPES =
      Map.ofEntries(
          Map.entry("cls", ProgramType.SCHED_CLS),
          Map.entry("act", ProgramType.SCHED_ACT),
          Map.entry("xdp", ProgramType.XDP),
          Map.entry("socket", ProgramType.SOCKET_FILTER),
          Map.entry("cgskb", ProgramType.CGROUP_SKB),
          Map.entry("lwtin", ProgramType.LWT_IN),
          Map.entry("lwtout", ProgramType.LWT_OUT),
          Map.entry("lwtxmit", ProgramType.LWT_XMIT),
          Map.entry("lwtseg", ProgramType.LWT_SEG6LOCAL),
          Map.entry("rawtp", ProgramType.RAW_TRACEPOINT),
          Map.entry("rawtpw", ProgramType.RAW_TRACEPOINT_WRITABLE),
          Map.entry("syscall", ProgramType.SYSCALL),
          Map.entry("flow", ProgramType.FLOW_DISSECTOR),
          Map.entry("netfilter", ProgramType.NETFILTER),
          Map.entry("sklookup", ProgramType.SK_LOOKUP),
          Map.entry("kprobe", ProgramType.KPROBE),
          Map.entry("tp", ProgramType.TRACEPOINT),
          Map.entry("perf", ProgramType.PERF_EVENT),
          Map.entry("cgsock", ProgramType.CGROUP_SOCK),
          Map.entry("sockops", ProgramType.SOCK_OPS),
          Map.entry("skskb", ProgramType.SK_SKB),
          Map.entry("cgdev", ProgramType.CGROUP_DEVICE),
          Map.entry("skmsg", ProgramType.SK_MSG),
          Map.entry("cgsockaddr", ProgramType.CGROUP_SOCK_ADDR),
          Map.entry("cgsysctl", ProgramType.CGROUP_SYSCTL),
          Map.entry("cgsockopt", ProgramType.CGROUP_SOCKOPT));

  final Map<String, Object> fields;
  final List<Map<String, Object>> maps;
  final List<Map<String, Object>> programs;
  final List<Map<String, Object>> steps;

  @SuppressWarnings("unchecked")
  RuntimeCase(String line) {
    fields = Json.object(line);
    maps = (List<Map<String, Object>>) Objects.requireNonNull(fields.get("maps"));
    programs = (List<Map<String, Object>>) Objects.requireNonNull(fields.get("progs"));
    steps = (List<Map<String, Object>>) Objects.requireNonNull(fields.get("steps"));
  }

  String id() {
    return (String) Objects.requireNonNull(fields.get("id"));
  }

  static byte @Nullable [] bytes(Map<String, Object> object, String name) {
    return object.get(name) instanceof String hex ? HexFormat.of().parseHex(hex) : null;
  }

  static int number(Map<String, Object> object, String name, int fallback) {
    return object.get(name) instanceof Long value ? value.intValue() : fallback;
  }

  /** The map's specification. */
  @SuppressWarnings("unchecked")
  MapSpec spec(Map<String, Object> map) {
    String type = (String) Objects.requireNonNull(map.get("type"));
    MapType known = MAP_TYPES.containsKey(type) ? MAP_TYPES.get(type) : MapType.ofText(type);
    if (known == null) {
      throw new IllegalArgumentException("map type " + type);
    }
    MapSpec inner = null;
    if (map.get("inner") instanceof Map<?, ?> template) {
      inner = spec((Map<String, Object>) template);
    }
    MapSpec spec =
        new MapSpec(
            "",
            known,
            number(map, "key", 0),
            number(map, "value", 0),
            number(map, "max", 0),
            known == MapType.BLOOM_FILTER ? steady(map) : number(map, "flags", 0),
            number(map, "extra", 0),
            inner,
            null,
            0,
            0,
            null,
            false,
            List.of(),
            false);
    if (!(map.get("btf") instanceof Map<?, ?> types)) {
      return spec;
    }
    Map<String, Object> ids = (Map<String, Object>) types;
    byte[] btf = Objects.requireNonNull(bytes(ids, "raw"));
    return spec.withTypes(Btf.parse(btf), number(ids, "key", 0), number(ids, "val", 0));
  }

  /** Flags of a bloom filter that finds what is not there in every run, or in none. */
  private static int steady(Map<String, Object> map) {
    boolean made = number(map, "create_errno", 0) == 0;
    return number(map, "flags", 0) | (made ? MapFlags.ZERO_SEED : 0);
  }

  /**
   * The program with its maps.
   *
   * @param kernel where kernel functions are found by their names
   */
  Program program(Map<String, Object> program, @Nullable Btf kernel) {
    List<MapSpec> specs = new ArrayList<>();
    for (Map<String, Object> map : maps) {
      MapSpec spec = spec(map);
      boolean frozen = map.get("freeze") instanceof Boolean yes && yes;
      specs.add(frozen ? frozen(spec, map) : spec);
    }
    byte[] code = bytes(program, "insns");
    ByteBuffer words =
        ByteBuffer.wrap(code == null ? new byte[0] : code).order(ByteOrder.LITTLE_ENDIAN);
    long[] insns = new long[words.remaining() / 8];
    words.asLongBuffer().get(insns);
    if (program.get("map_fixups") instanceof List<?> fixups) {
      for (Object fixup : fixups) {
        int at = ((Long) ((List<?>) fixup).get(0)).intValue();
        int map = ((Long) ((List<?>) fixup).get(1)).intValue();
        insns[at] = InsnWord.withImm(insns[at], map);
      }
    }
    if (kernel != null && program.get("kfunc_fixups") instanceof List<?> fixups) {
      for (Object fixup : fixups) {
        int at = ((Long) ((List<?>) fixup).get(0)).intValue();
        int id = kernel.find((String) ((List<?>) fixup).get(1), BtfKind.FUNC);
        insns[at] = InsnWord.withImm(insns[at], id);
      }
    }
    byte[] btf = bytes(program, "btf");
    return new Program(
        "golden",
        "",
        PROGRAM_TYPES.getOrDefault((String) program.get("prog_type"), ProgramType.UNSPEC),
        number(program, "expected_attach_type", 0),
        number(program, "prog_flags", 0),
        "GPL",
        insns,
        specs,
        functions(program),
        List.of(),
        btf == null ? null : Btf.parse(btf),
        null);
  }

  private static MapSpec frozen(MapSpec spec, Map<String, Object> map) {
    byte[] value = new byte[spec.valueSize()];
    if (map.get("init") instanceof List<?> init && !init.isEmpty()) {
      value = HexFormat.of().parseHex((String) ((List<?>) init.get(0)).get(1));
    }
    return spec.withInitial(value, true);
  }

  private static List<FuncInfo> functions(Map<String, Object> program) {
    byte[] raw = bytes(program, "func_info");
    List<FuncInfo> functions = new ArrayList<>();
    if (raw != null) {
      ByteBuffer in = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
      while (in.remaining() >= 8) {
        functions.add(new FuncInfo(in.getInt(), in.getInt()));
      }
    }
    return functions;
  }
}

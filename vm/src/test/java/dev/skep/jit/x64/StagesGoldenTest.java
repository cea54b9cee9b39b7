package dev.skep.jit.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.errors.UnsupportedException;
import dev.skep.jit.MachineCode;
import dev.skep.jit.OfflineLinkage;
import dev.skep.program.AttachType;
import dev.skep.program.Dialect;
import dev.skep.program.HostFacts;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.rewrite.RewriteOptions;
import dev.skep.rewrite.Rewriter;
import dev.skep.testing.Json;
import dev.skep.verify.Verdict;
import dev.skep.verify.Verifier;
import dev.skep.verify.VerifierOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The way from the instructions that were loaded to the kernel's machine code, through verifier,
 * rewrites and JIT, for all programs of the golden file that the verifier claims to know.
 */
class StagesGoldenTest {
  /** Equal when this was written; more is better, less is a fault of some stage. */
  private static final int AT_LEAST = 1509;

  private static final Map<String, ProgramType> TYPES =
      Map.ofEntries(
          Map.entry("socket", ProgramType.SOCKET_FILTER),
          Map.entry("cls", ProgramType.SCHED_CLS),
          Map.entry("act", ProgramType.SCHED_ACT),
          Map.entry("xdp", ProgramType.XDP),
          Map.entry("kprobe", ProgramType.KPROBE),
          Map.entry("tp", ProgramType.TRACEPOINT),
          Map.entry("rawtp", ProgramType.RAW_TRACEPOINT),
          Map.entry("perf", ProgramType.PERF_EVENT),
          Map.entry("cgskb", ProgramType.CGROUP_SKB),
          Map.entry("cgsock", ProgramType.CGROUP_SOCK),
          Map.entry("cgdev", ProgramType.CGROUP_DEVICE),
          Map.entry("cgsysctl", ProgramType.CGROUP_SYSCTL),
          Map.entry("lwtin", ProgramType.LWT_IN),
          Map.entry("lwtxmit", ProgramType.LWT_XMIT),
          Map.entry("sockops", ProgramType.SOCK_OPS),
          Map.entry("skskb", ProgramType.SK_SKB),
          Map.entry("skmsg", ProgramType.SK_MSG),
          Map.entry("skreuse", ProgramType.SK_REUSEPORT),
          Map.entry("sklookup", ProgramType.SK_LOOKUP),
          Map.entry("flow", ProgramType.FLOW_DISSECTOR));

  @Test
  void loadedInstructionsBecomeTheKernelsCode() throws IOException {
    Map<String, Integer> outcomes = new TreeMap<>();
    List<String> different = new ArrayList<>();
    for (Map<String, Object> line : GoldenImages.all()) {
      String outcome = outcome(line);
      if (outcome.startsWith("different")) {
        different.add(outcome);
      }
      outcomes.merge(outcome, 1, Integer::sum);
    }
    outcomes.forEach((outcome, count) -> System.out.printf("%5d %s%n", count, outcome));
    assertThat(different).isEmpty();
    assertThat(outcomes.get("equal")).isGreaterThanOrEqualTo(AT_LEAST);
  }

  private static String outcome(Map<String, Object> line) {
    String name = line.get("family") + "/" + line.get("id");
    ProgramType type = TYPES.get(line.get("type"));
    if (type == null) {
      return "out of scope: programs of type " + line.get("type");
    }
    if (line.containsKey("func_info")) {
      return "out of scope: the golden file lacks the program's BTF";
    }
    Program program = program(type, GoldenImages.words(line, "insns"), maps(line));
    try {
      return switch (Verifier.verify(program, options(line))) {
        case Verdict.Accepted accepted -> compare(name, line, accepted);
        case Verdict.Rejected rejected -> "different: " + name + ": " + rejected.message();
        case Verdict.Unsupported missing -> "out of scope: " + missing.what();
      };
    } catch (UnsupportedException missing) {
      return "out of scope: " + missing.getMessage();
    }
  }

  private static Program program(ProgramType type, long[] insns, List<MapSpec> maps) {
    // The one type here that needs to be told where it attaches.
    int attach = type == ProgramType.SK_LOOKUP ? AttachType.SK_LOOKUP.number() : 0;
    return new Program(
        "golden", "", type, attach, 0, "GPL", insns, maps, List.of(), List.of(), null, null);
  }

  private static String compare(String name, Map<String, Object> line, Verdict.Accepted accepted) {
    MachineCode code =
        X64Jit.compile(
            Rewriter.rewrite(accepted.program(), RewriteOptions.LINUX),
            KernelLayout.linux(true),
            OfflineLinkage.X86_64);
    String hex = HexFormat.of().formatHex(code.masked());
    return hex.equals(line.get("jited"))
        ? "equal"
        : "different: " + name + "\n" + hex + "\n" + line.get("jited");
  }

  /** Programs of this family were loaded with CAP_BPF alone. */
  private static VerifierOptions options(Map<String, Object> line) {
    boolean perfmon = !"nospec".equals(line.get("family"));
    HostFacts root = HostFacts.root(2);
    // Root had made the maps.
    HostFacts host =
        new HostFacts(root.cpus(), root.configNrCpus(), root.hz(), perfmon, true, false, true);
    return new VerifierOptions(Dialect.V6_18, host, 0, Integer.MAX_VALUE);
  }

  private static List<MapSpec> maps(Map<String, Object> line) {
    List<MapSpec> maps = new ArrayList<>();
    for (Object each : (List<?>) line.getOrDefault("maps", List.of())) {
      Map<?, ?> map = (Map<?, ?>) each;
      MapSpec spec =
          MapSpec.of(
              (String) Objects.requireNonNull(map.get("name")),
              type(number(map, "type")),
              number(map, "key"),
              number(map, "value"),
              number(map, "max"),
              number(map, "flags"));
      if (spec.type() == MapType.ARENA) {
        spec =
            spec.withExtra(Long.decode((String) Objects.requireNonNull(line.get("user_vm_start"))));
      }
      // The golden file does not say what is in maps of maps; here nothing asks for more than that.
      boolean holdsMaps =
          spec.type() == MapType.ARRAY_OF_MAPS || spec.type() == MapType.HASH_OF_MAPS;
      maps.add(holdsMaps ? spec.withInner(MapSpec.of("inner", MapType.ARRAY, 4, 8, 1, 0)) : spec);
    }
    return maps;
  }

  private static int number(Map<?, ?> map, String field) {
    return Json.integer(Objects.requireNonNull(map.get(field)));
  }

  private static MapType type(int number) {
    for (MapType type : MapType.values()) {
      if (type.number() == number) {
        return type;
      }
    }
    throw new IllegalArgumentException("map type " + number);
  }
}

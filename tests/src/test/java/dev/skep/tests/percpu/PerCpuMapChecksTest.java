package dev.skep.tests.percpu;

import static dev.skep.tests.percpu.PerCpuObjects.errno;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.btf.BtfBuilder;
import dev.skep.btf.BtfType;
import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.errors.Errno;
import dev.skep.linux.Feature;
import dev.skep.linux.KernelFeatures;
import dev.skep.linux.KernelMap;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which maps of per-CPU values can be created: checks D109, D114 and D115. */
class PerCpuMapChecksTest {
  private static final int NUMA_NODE = 4;

  @ParameterizedTest
  @Check(109)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void sizesAndNodes(String name) {
    try (Engine engine = Engines.open(name)) {
      for (int size : new int[] {1, 32761, 32768}) {
        engine.createMap(spec(MapType.PERCPU_ARRAY, size, 1)).close();
      }
      assertThat(errno(() -> engine.createMap(spec(MapType.PERCPU_ARRAY, 32769, 1))))
          .isEqualTo(Errno.E2BIG);
      MapSpec node = MapSpec.of("m", MapType.PERCPU_ARRAY, 4, 8, 1, NUMA_NODE).withNumaNode(0);
      assertThat(errno(() -> engine.createMap(node))).isEqualTo(Errno.EINVAL);
    }
  }

  private static MapSpec spec(MapType type, int valueSize, int entries) {
    return MapSpec.of("m", type, 4, valueSize, entries, 0);
  }

  /** The types that maps are created with. */
  private static final class Types {
    final BtfBuilder builder = BtfBuilder.create();
    final int number = builder.add(new BtfType.Int("int", 4, 1, 0, 32));

    int struct(String name, int size, int... members) {
      List<BtfType.Member> all = new ArrayList<>();
      for (int i = 0; i < members.length; i++) {
        all.add(new BtfType.Member("m" + i, members[i], 0, 0));
      }
      return builder.add(new BtfType.Struct(name, size, false, all));
    }

    int section() {
      int variable = builder.add(new BtfType.Var("data", number, 1));
      List<BtfType.SectionVar> variables = List.of(new BtfType.SectionVar(variable, 0, 4));
      return builder.add(new BtfType.DataSec(".percpu", 4, variables));
    }

    /** A value whose only member is a pointer with a tag. */
    int pointer(String tag) {
      int target = struct("task_struct", 8);
      int tagged = builder.add(new BtfType.TypeTag(tag, target, false));
      return struct("value", 8, builder.add(new BtfType.Ptr(tagged)));
    }

    int value(String kind) {
      return switch (kind) {
        case "section" -> section();
        case "struct" -> struct("value", 4, number);
        case "kptr", "kptr_untrusted" -> pointer(kind);
        case "bpf_timer" -> struct("value", 16, struct(kind, 16));
        case "bpf_spin_lock" -> struct("value", 4, struct(kind, 4, number));
        default -> throw new IllegalArgumentException(kind);
      };
    }

    static int size(String kind) {
      return switch (kind) {
        case "bpf_timer" -> 16;
        case "kptr", "kptr_untrusted" -> 8;
        default -> 4;
      };
    }
  }

  /** A case: what a map is created with, and the errno. */
  record Case(MapType type, int entries, String value, boolean keyed, int errno) {
    MapSpec spec() {
      Types types = new Types();
      int id = types.value(value);
      return PerCpuMapChecksTest.spec(type, Types.size(value), entries)
          .withTypes(types.builder.build(), keyed ? types.number : 0, id);
    }
  }

  private static final List<Case> KEYLESS =
      List.of(
          new Case(MapType.PERCPU_ARRAY, 1, "section", false, 0),
          new Case(MapType.ARRAY, 1, "section", false, 0),
          new Case(MapType.PERCPU_ARRAY, 2, "section", false, Errno.EINVAL),
          new Case(MapType.PERCPU_ARRAY, 1, "struct", false, Errno.EINVAL),
          new Case(MapType.PERCPU_HASH, 1, "section", false, Errno.EINVAL),
          new Case(MapType.PERCPU_HASH, 1, "struct", false, Errno.EINVAL),
          new Case(MapType.PERCPU_ARRAY, 1, "struct", true, 0));

  private static final List<Case> FIELDS =
      List.of(
          new Case(MapType.PERCPU_ARRAY, 1, "bpf_spin_lock", true, Errno.EOPNOTSUPP),
          new Case(MapType.PERCPU_ARRAY, 1, "bpf_timer", true, Errno.EOPNOTSUPP),
          new Case(MapType.PERCPU_HASH, 1, "bpf_spin_lock", true, Errno.EOPNOTSUPP),
          new Case(MapType.PERCPU_HASH, 1, "bpf_timer", true, Errno.EOPNOTSUPP),
          new Case(MapType.ARRAY, 1, "bpf_spin_lock", true, 0),
          new Case(MapType.ARRAY, 1, "bpf_timer", true, 0),
          new Case(MapType.PERCPU_ARRAY, 2, "kptr", true, 0),
          new Case(MapType.PERCPU_ARRAY, 2, "kptr_untrusted", true, 0),
          new Case(MapType.PERCPU_HASH, 2, "kptr", true, 0));

  private static Stream<Arguments> on(List<Case> cases) {
    return Stream.of("interp", "jit", "jit-kernel", "linux")
        .flatMap(engine -> cases.stream().map(each -> Arguments.of(engine, each)));
  }

  static Stream<Arguments> keyless() {
    return on(KEYLESS);
  }

  static Stream<Arguments> fields() {
    return on(FIELDS);
  }

  @ParameterizedTest
  @Check(114)
  @MethodSource("keyless")
  void keysHaveNoTypeInSectionsOnly(String name, Case each) {
    try (Engine engine = Engines.open(name)) {
      boolean perCpuSection = each.type == MapType.PERCPU_ARRAY && each.value.equals("section");
      Assumptions.assumeFalse(
          name.equals("linux")
              && perCpuSection
              && each.errno == 0
              && !KernelFeatures.host().has(Feature.PERCPU_DATA),
          "this kernel has no global per-CPU data and no BPF_F_CPU");
      check(engine, each);
    }
  }

  /** What kernel pointers point to goes with the map: there is nothing to be seen of it here. */
  @ParameterizedTest
  @Check(115)
  @MethodSource("fields")
  void fieldsThatHaveNoCopies(String name, Case each) {
    try (Engine engine = Engines.open(name)) {
      check(engine, each);
    }
  }

  /** The engine of the kernel leaves out types that are refused, as libbpf does. */
  private static void check(Engine engine, Case each) {
    if (!engine.name().equals("linux")) {
      assertThat(errno(() -> engine.createMap(each.spec()).close())).isEqualTo(each.errno);
      return;
    }
    try (BpfMap map = engine.createMap(each.spec())) {
      assertThat(((KernelMap) map).info().valueTypeId() != 0).isEqualTo(each.errno == 0);
    }
  }
}

package dev.skep.tests.percpu;

import static dev.skep.tests.percpu.PerCpuObjects.cpu;
import static dev.skep.tests.percpu.PerCpuObjects.errno;
import static dev.skep.tests.percpu.PerCpuObjects.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.btf.Btf;
import dev.skep.data.TypedData;
import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.ObjectSkeleton;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.Feature;
import dev.skep.linux.KernelFeatures;
import dev.skep.object.BpfObject;
import dev.skep.object.ObjectMap;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sections of per-CPU variables, from the file to what is loaded: checks D98 to D108. */
class PerCpuObjectChecksTest {
  private static final int PAGE = 4096;

  @ParameterizedTest
  @Check(98)
  @CsvSource({
    ".percpu, .percpu, 76",
    ".percpu.data, .percpu.data, 4",
    ".percpu.looooooooong, .percpu.loooooo, 4",
    ".percpu.five, .percpu.five, 5",
    ".percpu.fmt, .percpu.fmt, 4"
  })
  void sectionsAreMaps(String name, String kernelName, int bytes) {
    ObjectMap map = object("percpu").map(name);
    MapSpec spec = map.spec();
    assertThat(spec.type()).isEqualTo(MapType.PERCPU_ARRAY);
    assertThat(spec.keySize()).isEqualTo(4);
    assertThat(spec.valueSize()).isEqualTo(bytes);
    assertThat(spec.maxEntries()).isEqualTo(1);
    assertThat(spec.flags()).isZero();
    assertThat(spec.frozen()).isFalse();
    assertThat(spec.keyTypeId()).isZero();
    assertThat(spec.valueTypeId()).isNotZero();
    assertThat(map.kernelName()).isEqualTo(kernelName);
  }

  @Test
  @Check(99)
  void otherSectionsAreNone() {
    BpfObject object = object("percpu");
    assertThat(object.map(".data.percpu").spec().type()).isEqualTo(MapType.ARRAY);
    assertThat(object.maps())
        .extracting(ObjectMap::name)
        .doesNotContain(".percpux", ".percpu.empty", ".percpu.zero");
  }

  @ParameterizedTest
  @Check({100, 106})
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void valuesAreOfAnySize(String name) {
    try (Engine engine = PerCpuObjects.open(name);
        LoadedObject loaded = engine.load(object("percpu"))) {
      BpfMap map = loaded.map(".percpu.five");
      assertThat(map.spec().valueSize()).isEqualTo(5);
      byte[] all = Objects.requireNonNull(map.lookup(new byte[4]));
      assertThat(all).hasSize(8 * engine.cpus()).startsWith(1, 2, 3, 4, 5, 0, 0, 0);
      assertThat(map.lookup(new byte[4], cpu(0))).containsExactly(1, 2, 3, 4, 5);
      map.update(new byte[4], new byte[5], cpu(1));
      for (long flags : new long[] {cpu(1), BpfMap.ALL_CPUS}) {
        assertThatThrownBy(() -> map.update(new byte[4], new byte[8], flags))
            .hasMessageContaining("value of 8 bytes");
      }
      assertThatThrownBy(() -> map.update(new byte[4], new byte[5], 0))
          .hasMessageContaining("value of 5 bytes");
      map.update(new byte[4], all, 0);
      assertThat(map.lookup(new byte[4])).isEqualTo(all);
    }
  }

  @ParameterizedTest
  @Check(101)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void everyCpuStartsWithTheImage(String name) {
    BpfObject opened = object("percpu");
    opened.map(".percpu").image()[0] = 2;
    opened.set("distant", 1234);
    try (Engine engine = PerCpuObjects.open(name);
        LoadedObject loaded = engine.load(opened)) {
      assertThat(loaded.perCpu(".percpu").all())
          .allSatisfy(copy -> assertThat(copy.getLong("data")).isEqualTo(0xffffff02))
          .allSatisfy(copy -> assertThat(copy.getLong("struct_data.i")).isEqualTo(-1));
      assertThat(loaded.perCpu(".percpu.looooooooong").sum(copy -> copy.getLong("distant")))
          .isEqualTo(1234L * engine.cpus());
    }
  }

  @ParameterizedTest
  @Check({102, 104})
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void whatIsLoadedStays(String name) {
    BpfObject opened = object("percpu");
    ObjectMap map = opened.map(".percpu");
    assertThat(errno(() -> map.initial(new byte[75]))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> map.initial(new byte[77]))).isEqualTo(Errno.EINVAL);
    map.initial(new byte[76]);
    try (Engine engine = PerCpuObjects.open(name);
        LoadedObject loaded = engine.load(opened)) {
      assertThat(loaded.perCpu(".percpu").onCpu(0).getLong("data")).isZero();
      assertThat(errno(() -> map.initial(new byte[76]))).isEqualTo(Errno.EBUSY);
      assertThat(errno(() -> map.valueSize(PAGE))).isEqualTo(Errno.EBUSY);
      assertThat(errno(() -> map.maxEntries(2))).isEqualTo(Errno.EBUSY);
      assertThat(errno(() -> opened.set("data", 3))).isEqualTo(Errno.EBUSY);
      map.image()[0] = 1;
      assertThat(map.image()[0]).isZero();
    }
    map.initial(new byte[76]);
  }

  private static final class Opened extends ObjectSkeleton {
    Opened(BpfObject object) {
      super(object);
    }

    void load(Engine engine) {
      loadInto(engine);
    }

    TypedData image(String map) {
      MapSpec spec = object().map(map).spec();
      return new TypedData(Objects.requireNonNull(spec.btf()), spec.valueTypeId(), initial(map));
    }
  }

  /** As in a light skeleton, too: the image is what every CPU begins with, and stays that. */
  @ParameterizedTest
  @Check({103, 108})
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void theImageIsReadOnlyAfterLoad(String name) {
    try (Engine engine = PerCpuObjects.open(name);
        Opened skeleton = new Opened(object("percpu"))) {
      TypedData image = skeleton.image(".percpu");
      image.setLong("data", 2);
      skeleton.load(engine);
      LoadedObject loaded = skeleton.loaded();
      assertThat(loaded.perCpu(".percpu").all())
          .allSatisfy(copy -> assertThat(copy.getLong("data")).isEqualTo(2));
      for (int cpu = 0; cpu < engine.cpus(); cpu++) {
        PerCpuObjects.runOn(loaded.program("update"), cpu);
      }
      assertThat(loaded.perCpu(".percpu").all())
          .allSatisfy(copy -> assertThat(copy.getLong("data")).isEqualTo(1));
      assertThat(image.getLong("data")).isEqualTo(2);
      assertThatThrownBy(() -> image.setLong("data", 3))
          .isInstanceOf(ReadOnlyBufferException.class);
    }
  }

  @Test
  @Check(104)
  void sizesFollowTheLastArray() {
    ObjectMap map = object("percpu").map(".percpu");
    map.valueSize(PAGE);
    assertThat(map.warning()).isNull();
    MapSpec spec = map.spec();
    Btf btf = Objects.requireNonNull(spec.btf());
    assertThat(btf.size(spec.valueTypeId())).isEqualTo(PAGE);
    assertThat(map.image()).hasSize(PAGE).startsWith(-1, -1, -1, -1, 0);
    map.valueSize(PAGE + 1);
    assertThat(map.warning())
        .isEqualTo(
            "map \".percpu\" cannot be resized, its last variable has elements of 4 bytes in 4025");
    assertThat(map.spec().valueTypeId()).isZero();
    ObjectMap scalar = object("percpu").map(".percpu.data");
    scalar.valueSize(8);
    assertThat(scalar.spec().valueTypeId()).isZero();
    assertThat(scalar.warning())
        .isEqualTo("map \".percpu.data\" cannot be resized, its last variable is no array");
  }

  @ParameterizedTest
  @Check(104)
  @ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
  void resizedSectionsAreTyped(String name) {
    BpfObject opened = object("percpu");
    opened.map(".percpu").valueSize(PAGE);
    try (Engine engine = PerCpuObjects.open(name);
        LoadedObject loaded = engine.load(opened)) {
      assertThat(loaded.map(".percpu").spec().valueTypeId()).isNotZero();
      var copies = loaded.perCpu(".percpu");
      copies.onCpu(1).setLong("cpu_id[1005]", 9);
      assertThat(copies.sum(copy -> copy.getLong("cpu_id[1005]"))).isEqualTo(9);
      assertThatThrownBy(() -> copies.onCpu(0).getLong("cpu_id[1006]"))
          .hasMessageContaining("1006 elements");
      assertThat(copies.onCpu(0).getLong("data")).isEqualTo(-1);
    }
  }

  /** The kernel takes a resized section with its types: its size is that of the map's values. */
  @Test
  @Check(value = 104, engine = "linux")
  void theKernelTakesResizedTypes() {
    ObjectMap map = object("percpu").map(".data.percpu");
    assertThat(map.spec().valueSize()).isEqualTo(4);
    ObjectMap percpu = object("percpu").map(".percpu");
    percpu.valueSize(PAGE);
    MapSpec array =
        MapSpec.of("resized", MapType.ARRAY, 4, PAGE, 1, 0)
            .withTypes(percpu.spec().btf(), 0, percpu.spec().valueTypeId());
    try (Engine engine = Engines.open("linux");
        BpfMap made = engine.createMap(array)) {
      assertThat(((dev.skep.linux.KernelMap) made).info().valueTypeId()).isNotZero();
    }
  }

  @Test
  @Check(value = 105, engine = "linux")
  void aKernelWithoutSupportLoadsTheRest() {
    try (Engine engine = Engines.open("linux")) {
      Assumptions.assumeFalse(
          KernelFeatures.host().has(Feature.PERCPU_DATA), "this kernel has global per-CPU data");
      BpfObject whole = object("percpu");
      assertThatThrownBy(() -> engine.load(whole))
          .isInstanceOf(UnsupportedException.class)
          .hasMessage(
              "program \"update\": map \".percpu\": engine linux has no global per-CPU data here");
      BpfObject opened = object("percpu");
      opened.autoload("update", false);
      try (LoadedObject loaded = engine.load(opened)) {
        assertThat(loaded.maps()).containsOnlyKeys(".bss", ".data.percpu");
        assertThat(PerCpuObjects.runOn(loaded.program("count"), 0)).isEqualTo(7);
      }
    }
  }
}

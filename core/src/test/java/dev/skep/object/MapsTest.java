package dev.skep.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Index.atIndex;

import dev.skep.btf.Btf;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MapsTest {
  private final BpfObject maps = TestObjects.open("maps");
  private final BpfObject globals = TestObjects.open("globals");

  @Test
  void readsEveryAttribute() {
    ObjectMap flows = maps.map("flows");
    MapSpec spec = flows.spec();
    assertThat(spec.type()).isEqualTo(MapType.HASH);
    assertThat(spec.keySize()).isEqualTo(8);
    assertThat(spec.valueSize()).isEqualTo(16);
    assertThat(spec.maxEntries()).isEqualTo(1000);
    assertThat(spec.flags()).isEqualTo(5);
    assertThat(flows.numaNode()).isZero();
    assertThat(spec.pinByName()).isTrue();
    Btf btf = Objects.requireNonNull(spec.btf());
    assertThat(btf.name(spec.keyTypeId())).isEqualTo("key");
    assertThat(btf.name(spec.valueTypeId())).isEqualTo("value_t");
    assertThat(maps.map("bloom").spec().extra()).isEqualTo(5);
    assertThat(maps.map("arena").spec().extra()).isEqualTo(0x100000000000L);
    ObjectMap longName = maps.map("a_map_with_a_rather_long_name");
    assertThat(longName.spec().valueSize()).isEqualTo(24);
    assertThat(longName.kernelName()).isEqualTo("a_map_with_a_ra");
  }

  @Test
  void roundsRingBuffersUp() {
    ObjectMap events = maps.map("events");
    assertThat(events.spec().maxEntries()).isEqualTo(8192);
    events.maxEntries(8193);
    assertThat(events.spec().maxEntries()).isEqualTo(16384);
    events.maxEntries(0);
    assertThat(events.spec().maxEntries()).isZero();
  }

  @Test
  void readsStaticContents() {
    assertThat(maps.map("jumps").spec().slots())
        .containsExactly(null, "tail_one", null, "tail_two");
    MapSpec outer = maps.map("outer").spec();
    assertThat(outer.slots()).containsExactly("inner_b", "inner_a");
    MapSpec inner = Objects.requireNonNull(outer.inner());
    assertThat(inner.name()).isEqualTo("outer.inner");
    assertThat(inner.type()).isEqualTo(MapType.ARRAY);
    assertThat(inner.valueSize()).isEqualTo(8);
    assertThat(inner.maxEntries()).isEqualTo(8);
  }

  @Test
  void makesMapsOfDataSections() {
    assertThat(globals.maps().stream().map(ObjectMap::name))
        .containsExactly(
            ".rodata",
            ".data",
            ".data.custom",
            ".rodata.frozen",
            ".percpu",
            ".percpu.fmt",
            ".bss",
            ".bss.later");
    assertThat(globals.maps().stream().map(ObjectMap::kernelName))
        .containsExactly(
            "globals.rodata",
            "globals.data",
            ".data.custom",
            ".rodata.frozen",
            ".percpu",
            ".percpu.fmt",
            "globals.bss",
            ".bss.later");
    MapSpec rodata = globals.map(".rodata").spec();
    assertThat(rodata.flags()).isEqualTo(0x480);
    assertThat(rodata.frozen()).isTrue();
    MapSpec percpu = globals.map(".percpu").spec();
    assertThat(percpu.type()).isEqualTo(MapType.PERCPU_ARRAY);
    assertThat(percpu.flags()).isZero();
    assertThat(percpu.frozen()).isFalse();
    assertThat(percpu.valueTypeId()).isNotZero();
    assertThat(percpu.initial())
        .startsWith(1, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, 1, 0, 0, 0);
  }

  @Test
  void setsVariables() {
    globals.set("limit", 7);
    globals.set("zero", -1);
    globals.set("format", new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
    assertThat(globals.map(".rodata").initial()).startsWith(7, 0, 0, 0);
    assertThat(globals.map(".bss").initial()).contains((byte) -1, atIndex(15));
    assertThat(globals.map(".percpu.fmt").initial()).startsWith(1, 2, 3);
    assertThatThrownBy(() -> globals.set("limit", 1L << 33))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> globals.set("limit", new byte[3]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> globals.set("none", 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void resizesTheLastArray() {
    ObjectMap percpu = globals.map(".percpu");
    percpu.valueSize(4096);
    assertThat(percpu.spec().valueTypeId()).isNotZero();
    assertThat(percpu.initial()).hasSize(4096).startsWith(1);
    GlobalVariable last =
        globals.variables().stream().filter(v -> v.name().equals("last")).findFirst().orElseThrow();
    assertThat(last.size()).isEqualTo(4080);
    globals.set("last", new byte[4080]);
    percpu.valueSize(4095);
    assertThat(percpu.spec().valueTypeId()).isZero();
    ObjectMap data = globals.map(".data");
    data.valueSize(64);
    assertThat(data.spec().valueTypeId()).isZero();
    assertThat(data.initial()).hasSize(64).startsWith(42);
  }

  @Test
  void readsLicenseAndVersion() {
    assertThat(globals.license()).isEqualTo("Dual BSD/GPL");
    assertThat(globals.kernelVersion()).isEqualTo(0x60c00);
  }

  @Test
  void readsLegacyDefinitions() {
    BpfObject legacy = TestObjects.open("legacy");
    MapSpec table = legacy.map("table").spec();
    assertThat(table.type()).isEqualTo(MapType.HASH);
    assertThat(table.valueSize()).isEqualTo(8);
    assertThat(table.flags()).isEqualTo(1);
    assertThat(legacy.map("counts").spec().maxEntries()).isEqualTo(2);
    assertThat(legacy.toProgram(legacy.program("legacy")).maps()).hasSize(2);
  }
}

package dev.skep.tests.engines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.data.TypedData;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.TestRun;
import dev.skep.object.BpfObject;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Variables of loaded objects by their names and types, while programs run. */
class SectionDataTest {
  private static BpfObject kinds() throws Exception {
    try (var in = SectionDataTest.class.getResourceAsStream("/skeleton/kinds.bpf.o")) {
      return BpfObject.open("kinds", in.readAllBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void sectionsAreLive(String name) throws Exception {
    try (Engine engine = Engines.open(name);
        LoadedObject object = engine.load(kinds())) {
      TypedData data = object.data(".data");
      TypedData bss = object.data(".bss");
      TypedData rodata = object.data(".rodata");
      assertThat(data.getLong("tiny")).isEqualTo(-1);
      assertThat(data.getLong("byte")).isEqualTo(200);
      assertThat(data.getLong("natural")).isEqualTo(4_000_000_000L);
      assertThat(data.getLong("mode")).isEqualTo(-1);
      assertThat(data.getLong("grid[1][2]")).isEqualTo(6);
      assertThat(data.getLong("shape.kind")).isEqualTo(5);
      assertThat(data.getLong("shape.level")).isEqualTo(-7);
      assertThat(data.getLong("shape.wide")).isEqualTo(1L << 39);
      assertThat(data.getLong("shape.ends.low")).isEqualTo(42);
      assertThat(data.at("shape").at("colour").getLong("green")).isEqualTo(2);
      assertThat(rodata.getString("prefix")).isEqualTo("skep");
      assertThat(rodata.getInt("limit")).isEqualTo(10);
      assertThatThrownBy(() -> rodata.setLong("limit", 11))
          .isInstanceOf(ReadOnlyBufferException.class);
      data.setLong("number", -9);
      data.setLong("mode", 3);
      assertThat(object.program("count").testRun(TestRun.of(new byte[60])).retval()).isEqualTo(-9);
      assertThat(bss.getLong("runs")).isEqualTo(1);
      assertThat(bss.getLong("totals[1].bytes")).isEqualTo(60);
      assertThat(data.getLong("shape.colour.green")).isEqualTo(3);
      assertThatThrownBy(() -> data.setLong("byte", 256))
          .hasMessage("\"byte\": 256 does not fit in 8 bits");
      assertThatThrownBy(() -> data.getLong("grid[2][0]"))
          .hasMessage("\"grid[2][0]\": the array has 2 elements");
      assertThatThrownBy(() -> data.getLong("shape.none"))
          .hasMessage("\"shape.none\": no member \"none\"");
      assertThatThrownBy(() -> data.getLong("shape"))
          .hasMessage("\"shape\": no integer of at most 8 bytes");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void perCpuDataHasOneCopyForEachCpu(String name) throws Exception {
    BpfObject opened = kinds();
    opened.set("sum", 1000);
    try (Engine engine = Engines.open(name)) {
      TypedData kept;
      try (LoadedObject object = engine.load(opened)) {
        var local = object.perCpu(".percpu");
        var more = object.perCpu(".percpu.more");
        assertThat(local.count()).isEqualTo(engine.cpus());
        assertThat(local.sum(cpu -> cpu.getLong("local.packets"))).isEqualTo(engine.cpus());
        var before = local.snapshot();
        object.program("count").testRun(TestRun.of(new byte[60]).withRepeat(5));
        assertThat(local.sum(cpu -> cpu.getLong("local.packets"))).isEqualTo(engine.cpus() + 5);
        assertThat(more.sum(cpu -> cpu.getLong("sum"))).isEqualTo(1000L * engine.cpus() + 50);
        assertThat(before.sum(cpu -> cpu.getLong("local.packets"))).isEqualTo(engine.cpus());
        local.forEach(cpu -> cpu.setLong("local.packets", 7));
        assertThat(local.onCpu(0).getLong("local.packets")).isEqualTo(7);
        local.onCpu(1).setLong("last[3]", 4_000_000_000L);
        assertThat(local.onCpu(1).getLong("last[3]")).isEqualTo(4_000_000_000L);
        assertThat(local.onCpu(0).getLong("last[3]")).isNotEqualTo(4_000_000_000L);
        assertThatThrownBy(() -> object.perCpu(".none")).hasMessage("no map \".none\"");
        kept = local.onCpu(0);
      }
      assertThatThrownBy(() -> kept.getLong("local.packets"))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}

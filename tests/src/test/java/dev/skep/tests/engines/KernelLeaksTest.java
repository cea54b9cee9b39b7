package dev.skep.tests.engines;

import static dev.skep.tests.engines.Engines.u32;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.engine.MapEntries;
import dev.skep.engine.MappedValues;
import dev.skep.engine.PerfBuffer;
import dev.skep.engine.RingBuffer;
import dev.skep.engine.UserRingBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelMap;
import dev.skep.linux.KernelObjects;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Maps of the kernel and their readers leave nothing behind: no descriptor, no mapping, no off-heap
 * block, no map. The system property skep.leak.cycles sets the number of cycles of each kind.
 */
final class KernelLeaksTest {
  private static final int CYCLES = Integer.getInteger("skep.leak.cycles", 500);
  private static final int WARM_UP = 50;
  private static final int NO_PREALLOC = 1;
  private static final int MMAPABLE = 0x400;

  /** No other process gives its maps this name. */
  private static final String NAME = "skepleak" + ProcessHandle.current().pid() % 1_000_000;

  private KernelEngine engine;

  @BeforeEach
  void open() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    engine = KernelEngine.host();
  }

  @AfterEach
  void close() {
    if (engine != null) {
      engine.close();
    }
  }

  private static MapSpec spec(MapType type, int key, int value, int entries, int flags) {
    return MapSpec.of(NAME, type, key, value, entries, flags);
  }

  static List<MapSpec> specs() {
    MapSpec inner = spec(MapType.ARRAY, 4, 8, 1, 0);
    return List.of(
        spec(MapType.HASH, 4, 8, 8, 0),
        spec(MapType.ARRAY, 4, 8, 8, MMAPABLE),
        spec(MapType.PROG_ARRAY, 4, 4, 8, 0),
        spec(MapType.PERF_EVENT_ARRAY, 4, 4, 0, 0),
        spec(MapType.PERCPU_HASH, 4, 8, 8, 0),
        spec(MapType.PERCPU_ARRAY, 4, 8, 8, 0),
        spec(MapType.STACK_TRACE, 4, 80, 8, 0),
        spec(MapType.CGROUP_ARRAY, 4, 4, 8, 0),
        spec(MapType.LRU_HASH, 4, 8, 8, 0),
        spec(MapType.LRU_PERCPU_HASH, 4, 8, 8, 0),
        spec(MapType.LPM_TRIE, 8, 8, 8, NO_PREALLOC),
        spec(MapType.ARRAY_OF_MAPS, 4, 4, 8, 0).withInner(inner),
        spec(MapType.HASH_OF_MAPS, 4, 4, 8, 0).withInner(inner),
        spec(MapType.DEVMAP, 4, 4, 8, 0),
        spec(MapType.SOCKMAP, 4, 8, 8, 0),
        spec(MapType.CPUMAP, 4, 4, 2, 0),
        spec(MapType.XSKMAP, 4, 4, 8, 0),
        spec(MapType.SOCKHASH, 4, 8, 8, 0),
        spec(MapType.REUSEPORT_SOCKARRAY, 4, 8, 8, 0),
        spec(MapType.QUEUE, 0, 8, 8, 0),
        spec(MapType.STACK, 0, 8, 8, 0),
        spec(MapType.DEVMAP_HASH, 4, 4, 8, 0),
        spec(MapType.RINGBUF, 0, 0, 4096, 0),
        spec(MapType.BLOOM_FILTER, 0, 8, 8, 0),
        spec(MapType.USER_RINGBUF, 0, 0, 4096, 0),
        spec(MapType.ARENA, 0, 0, 1, MMAPABLE));
  }

  private static void repeat(int cycles, Runnable cycle) {
    for (int i = 0; i < WARM_UP; i++) {
      cycle.run();
    }
    Leaks before = Leaks.now();
    for (int i = 0; i < cycles; i++) {
      cycle.run();
    }
    assertThat(Leaks.now().since(before)).isEmpty();
    assertThat(ownMapsLeft()).isZero();
  }

  /** Maps go away a grace period after their last descriptor. */
  private static long ownMapsLeft() {
    long left = Long.MAX_VALUE;
    for (int i = 0; i < 100 && left > 0; i++) {
      try {
        Thread.sleep(20);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      left = KernelObjects.host().maps().stream().filter(map -> map.name().equals(NAME)).count();
    }
    return left;
  }

  @ParameterizedTest
  @MethodSource("specs")
  void maps(MapSpec spec) {
    repeat(CYCLES, () -> engine.createMap(spec).close());
  }

  @Test
  void elementsAndBatches() {
    MapSpec spec = spec(MapType.HASH, 4, 4, 8, 0);
    repeat(
        CYCLES,
        () -> {
          try (KernelMap map = engine.createMap(spec)) {
            map.updateBatch(u32(1, 2, 3), u32(4, 5, 6), 0);
            map.delete(u32(2));
            assertThat(MapEntries.of(map)).hasSize(2);
            map.lookupAndDelete(u32(1), 0);
          }
        });
  }

  @Test
  void mappings() {
    MapSpec spec = spec(MapType.ARRAY, 4, 8, 1000, MMAPABLE);
    repeat(
        CYCLES,
        () -> {
          try (KernelMap map = engine.createMap(spec);
              MappedValues values = map.mmap(true)) {
            values.bytes().putLong(0, 1);
            // Closed by the map.
            map.mmap(false);
          }
        });
  }

  @Test
  void ringBuffers() {
    MapSpec spec = spec(MapType.RINGBUF, 0, 0, 4096, 0);
    repeat(
        CYCLES,
        () -> {
          try (KernelMap map = engine.createMap(spec);
              RingBuffer reader = map.ringBuffer()) {
            assertThat(reader.consumeInPlace(record -> true)).isZero();
          }
        });
  }

  @Test
  void userRingBuffers() {
    MapSpec spec = spec(MapType.USER_RINGBUF, 0, 0, 4096, 0);
    repeat(
        CYCLES,
        () -> {
          try (KernelMap map = engine.createMap(spec);
              UserRingBuffer writer = map.userRingBuffer()) {
            assertThat(writer.write(u32(1, 2))).isTrue();
            assertThat(writer.reserve(8)).isNotNull();
          }
        });
  }

  @Test
  void perfBuffers() {
    MapSpec spec = spec(MapType.PERF_EVENT_ARRAY, 4, 4, 0, 0);
    repeat(
        CYCLES,
        () -> {
          try (KernelMap map = engine.createMap(spec);
              PerfBuffer reader = map.perfBuffer(4096)) {
            assertThat(reader.consumeInPlace((cpu, data) -> {})).isZero();
          }
        });
  }

  /** What fails half-way gives back what it has. */
  @Test
  void failures() {
    repeat(
        CYCLES,
        () -> {
          try (KernelMap perf = engine.createMap(spec(MapType.PERF_EVENT_ARRAY, 4, 4, 0, 8));
              BpfMap array = engine.createMap(spec(MapType.ARRAY, 4, 8, 1, 0))) {
            // The map is read-only for descriptors, so the events cannot be put into it.
            assertThat(refused(() -> perf.perfBuffer(4096))).isTrue();
            assertThat(refused(() -> array.mmap(false))).isTrue();
          }
        });
  }

  private static boolean refused(Runnable work) {
    try {
      work.run();
      return false;
    } catch (BpfErrnoException expected) {
      return true;
    }
  }
}

package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.MapBatch;
import dev.skep.engine.MapEntries;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Commands of maps on the running kernel; skipped with the reason where bpf(2) is not allowed. */
class KernelMapTest {
  private static final int NO_PREALLOC = 1;
  private static final int NUMA_NODE = 4;
  private static final int RDONLY_PROG = 0x80;
  private static final int MMAPABLE = 0x400;

  private final KernelEngine engine = Linux.kernel();

  @BeforeEach
  void needsBpf() {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private KernelMap map(MapType type, int key, int value, int entries, int flags) {
    return engine.createMap(MapSpec.of("m", type, key, value, entries, flags));
  }

  private static byte[] u32(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int number : numbers) {
      bytes.putInt(number);
    }
    return bytes.array();
  }

  private static int errno(Runnable command) {
    try {
      command.run();
      return 0;
    } catch (BpfErrnoException refused) {
      return refused.errno();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = MapType.class,
      names = {"HASH", "LRU_HASH", "ARRAY", "LPM_TRIE"})
  void batchesFindAllThatSingleCommandsFind(MapType type) {
    int keySize = type == MapType.LPM_TRIE ? 8 : 4;
    int flags = type == MapType.LPM_TRIE ? NO_PREALLOC : 0;
    try (KernelMap map = map(type, keySize, 4, 1000, flags)) {
      ByteBuffer keys = ByteBuffer.allocate(500 * keySize).order(ByteOrder.LITTLE_ENDIAN);
      ByteBuffer values = ByteBuffer.allocate(500 * 4).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < 500; i++) {
        if (type == MapType.LPM_TRIE) {
          keys.putInt(32);
        }
        keys.putInt(i);
        values.putInt(i * 3 + 1);
      }
      assertThat(map.updateBatch(keys.array(), values.array(), 0)).isEqualTo(MapBatch.done(0, 500));
      Map<ByteBuffer, ByteBuffer> single = new HashMap<>();
      for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
        single.put(ByteBuffer.wrap(key), ByteBuffer.wrap(map.lookup(key)));
      }
      assertThat(single).hasSize(type == MapType.ARRAY ? 1000 : 500);
      for (int batch : new int[] {1, 7, 499, 500, 5000}) {
        Map<ByteBuffer, ByteBuffer> found = new HashMap<>();
        for (MapEntries.Entry entry : MapEntries.of(map, batch)) {
          assertThat(found.put(ByteBuffer.wrap(entry.key()), ByteBuffer.wrap(entry.value())))
              .isNull();
        }
        assertThat(found).as("batches of %d", batch).isEqualTo(single);
      }
    }
  }

  @Test
  void typesWithoutBatchesAreWalked() {
    try (KernelMap map = map(MapType.DEVMAP, 4, 4, 8, 0)) {
      map.update(u32(2), u32(1), BpfMap.ANY);
      assertThat(errno(() -> map.lookupBatch(null, 8, 0))).isEqualTo(Errno.ENOTSUPP);
      assertThat(MapEntries.of(map))
          .singleElement()
          .satisfies(entry -> {
            assertThat(entry.key()).isEqualTo(u32(2));
            assertThat(entry.value()).isEqualTo(u32(1));
          });
    }
  }

  @Test
  void batchThatFailsHalfwaySaysHowFarItCame() {
    try (KernelMap array = map(MapType.ARRAY, 4, 4, 4, 0);
        KernelMap hash = map(MapType.HASH, 4, 4, 4, 0)) {
      assertThat(array.updateBatch(u32(0, 9, 1), u32(1, 2, 3), 0))
          .isEqualTo(MapBatch.done(Errno.E2BIG, 1));
      assertThat(array.lookup(u32(0))).isEqualTo(u32(1));
      hash.updateBatch(u32(1, 2), u32(1, 2), 0);
      assertThat(hash.deleteBatch(u32(1, 3, 2), 0)).isEqualTo(MapBatch.done(Errno.ENOENT, 1));
      assertThat(hash.lookup(u32(1))).isNull();
      assertThat(errno(() -> hash.deleteBatch(u32(2), BpfMap.NOEXIST))).isEqualTo(Errno.EINVAL);
      assertThat(errno(() -> array.deleteBatch(u32(0), 0))).isEqualTo(Errno.ENOTSUPP);
      MapBatch taken = hash.lookupAndDeleteBatch(null, 10, 0);
      assertThat(taken.errno()).isEqualTo(Errno.ENOENT);
      assertThat(taken.count()).isEqualTo(1);
      assertThat(taken.keys()).isEqualTo(u32(2));
      assertThat(hash.nextKey(null)).isNull();
    }
  }

  /** With one bucket, a batch that is too small for it gets ENOSPC and nothing. */
  @Test
  void bucketLargerThanTheBatchIsEnospc() {
    try (KernelMap hash = map(MapType.HASH, 4, 4, 2, 0)) {
      int collisions = 0;
      for (int i = 0; collisions == 0 && i < 1000; i++) {
        hash.updateBatch(u32(i, i + 1), u32(1, 2), 0);
        MapBatch one = hash.lookupBatch(null, 1, 0);
        if (one.errno() == Errno.ENOSPC) {
          collisions++;
          assertThat(one.count()).isZero();
          assertThat(MapEntries.of(hash, 1)).hasSize(2);
        }
        hash.lookupAndDeleteBatch(null, 10, 0);
      }
      assertThat(collisions).isPositive();
    }
  }

  @Test
  void perCpuBatchHasAPartForEachCpu() {
    try (KernelMap map = map(MapType.PERCPU_HASH, 4, 4, 4, 0)) {
      byte[] value = new byte[map.userValueSize()];
      for (int cpu = 0; cpu < engine.cpus(); cpu++) {
        value[8 * cpu] = (byte) (cpu + 1);
      }
      map.updateBatch(u32(7), value, 0);
      assertThat(map.lookup(u32(7))).isEqualTo(value);
      assertThat(MapEntries.of(map))
          .singleElement()
          .satisfies(entry -> assertThat(entry.value()).isEqualTo(value));
    }
  }

  @Test
  void queueStackAndBloomFilter() {
    byte[] none = {};
    try (KernelMap queue = map(MapType.QUEUE, 0, 4, 4, 0);
        KernelMap stack = map(MapType.STACK, 0, 4, 4, 0);
        KernelMap bloom =
            engine.createMap(MapSpec.of("b", MapType.BLOOM_FILTER, 0, 4, 100, 0).withExtra(3))) {
      for (KernelMap map : new KernelMap[] {queue, stack}) {
        map.update(none, u32(1), BpfMap.ANY);
        map.update(none, u32(2), BpfMap.ANY);
      }
      assertThat(queue.lookup(none)).isEqualTo(u32(1));
      assertThat(queue.lookupAndDelete(none, 0)).isEqualTo(u32(1));
      assertThat(queue.lookupAndDelete(none, 0)).isEqualTo(u32(2));
      assertThat(queue.lookupAndDelete(none, 0)).isNull();
      assertThat(stack.lookupAndDelete(none, 0)).isEqualTo(u32(2));
      bloom.update(none, u32(5), BpfMap.ANY);
      assertThat(bloom.lookup(u32(5))).isEqualTo(u32(5));
      assertThat(bloom.lookup(u32(0x12345678))).isNull();
    }
  }

  @Test
  void flagsReachTheKernel() {
    try (KernelMap hash = map(MapType.HASH, 4, 4, 4, 0)) {
      hash.update(u32(1), u32(10), BpfMap.ANY);
      assertThat(errno(() -> hash.lookup(u32(1), 4))).isEqualTo(Errno.EINVAL);
      assertThat(errno(() -> hash.delete(u32(1), 1))).isEqualTo(Errno.EINVAL);
      assertThat(hash.lookupAndDelete(u32(1), 0)).isEqualTo(u32(10));
      assertThat(hash.lookupAndDelete(u32(1), 0)).isNull();
    }
  }

  @Test
  void creationPassesEveryAttribute() {
    MapSpec spec = MapSpec.of("node", MapType.HASH, 4, 4, 1, NUMA_NODE);
    engine.createMap(spec.withNumaNode(0)).close();
    assertThat(errno(() -> engine.createMap(spec.withNumaNode(1 << 20)).close()))
        .isEqualTo(Errno.EINVAL);
    assertThat(
            errno(() ->
                engine
                    .createMap(MapSpec.of("b", MapType.BLOOM_FILTER, 0, 4, 1, 0).withExtra(16))
                    .close()))
        .isEqualTo(Errno.EINVAL);
    try (KernelMap perf = map(MapType.PERF_EVENT_ARRAY, 4, 4, 0, 0)) {
      assertThat(perf.spec().maxEntries()).isEqualTo(engine.cpus());
    }
    assertThatThrownBy(() -> map(MapType.STRUCT_OPS, 4, 8, 1, 0))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("linux engine: struct_ops map \"m\"");
  }

  @Test
  void mapOfMapsTakesDescriptorsAndGivesIds() {
    MapSpec inner = MapSpec.of("inner", MapType.HASH, 4, 4, 8, 0);
    MapSpec outer = MapSpec.of("outer", MapType.ARRAY_OF_MAPS, 4, 4, 2, 0).withInner(inner);
    try (KernelMap slots = engine.createMap(outer);
        KernelMap hash = engine.createMap(inner);
        KernelMap other = map(MapType.HASH, 8, 4, 8, 0)) {
      slots.update(u32(1), u32(hash.slotValue()), BpfMap.ANY);
      assertThat(slots.lookup(u32(1))).isEqualTo(u32(hash.id()));
      assertThat(slots.lookup(u32(0))).isNull();
      assertThat(errno(() -> slots.update(u32(0), u32(other.slotValue()), BpfMap.ANY)))
          .isEqualTo(Errno.EINVAL);
    }
  }

  @Test
  void mappingIsTheLiveMap() {
    KernelMap map = map(MapType.ARRAY, 4, 12, 1000, MMAPABLE);
    ByteBuffer kept;
    try (map;
        MappedArray writable = map.mmap(true);
        MappedArray readOnly = map.mmap(false)) {
      ByteBuffer bytes = writable.bytes();
      assertThat(bytes.capacity()).isEqualTo(16 * 1000);
      bytes.putInt(16 * 999, 77);
      assertThat(map.lookup(u32(999))).isEqualTo(u32(77, 0, 0));
      map.update(u32(3), u32(1, 2, 3), BpfMap.ANY);
      assertThat(readOnly.bytes().getInt(16 * 3 + 8)).isEqualTo(3);
      assertThatThrownBy(() -> readOnly.bytes().putInt(0, 1))
          .isInstanceOf(ReadOnlyBufferException.class);
      assertThatThrownBy(() -> bytes.getInt(16 * 1000))
          .isInstanceOf(IndexOutOfBoundsException.class);
      kept = readOnly.bytes();
      assertThat(errno(map::freeze)).isEqualTo(Errno.EBUSY);
    }
    assertThatThrownBy(() -> kept.getInt(0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void closedMapEndsItsMappings() {
    KernelMap map = map(MapType.ARRAY, 4, 8, 1, MMAPABLE);
    MappedArray mapped = map.mmap(false);
    ByteBuffer bytes = mapped.bytes();
    map.close();
    map.close();
    assertThatThrownBy(() -> bytes.get(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(mapped::bytes).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> map.lookup(u32(0))).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> map.mmap(false)).isInstanceOf(IllegalStateException.class);
    mapped.close();
  }

  @Test
  void frozenMapIsMappedForReadingOnly() {
    MapSpec spec = MapSpec.of(".rodata", MapType.ARRAY, 4, 8, 1, RDONLY_PROG | MMAPABLE);
    try (KernelMap map = engine.createMap(spec.withInitial(u32(1, 2), true));
        MappedArray mapped = map.mmap(false)) {
      assertThat(mapped.bytes().getInt(4)).isEqualTo(2);
      assertThatThrownBy(() -> map.mmap(true))
          .isInstanceOf(BpfErrnoException.class)
          .hasMessage("writable mmap of map \".rodata\": EPERM");
    }
  }

  @Test
  void arenaIsMappedByPages() {
    try (KernelMap arena = map(MapType.ARENA, 0, 0, 2, MMAPABLE);
        MappedArray pages = arena.mmap(true)) {
      long size = pages.segment().byteSize();
      assertThat(size).isEqualTo(2 * Memory.pageSize());
      pages.bytes().putInt((int) size - 4, 5);
      assertThat(pages.bytes().getInt((int) size - 4)).isEqualTo(5);
    }
  }

  @Test
  void otherMapsHaveNoMapping() {
    try (KernelMap plain = map(MapType.ARRAY, 4, 8, 1, 0);
        KernelMap hash = map(MapType.HASH, 4, 8, 1, 0)) {
      assertThat(errno(() -> plain.mmap(false))).isEqualTo(Errno.EINVAL);
      assertThat(errno(() -> hash.mmap(false))).isEqualTo(Errno.ENOTSUPP);
    }
  }
}

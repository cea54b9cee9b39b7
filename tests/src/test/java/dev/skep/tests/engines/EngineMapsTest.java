package dev.skep.tests.engines;

import static dev.skep.tests.engines.Engines.u32;
import static dev.skep.tests.engines.Engines.u64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.MapBatch;
import dev.skep.engine.MappedValues;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What maps do for Java, the same on every engine: element commands, batches, memory. */
@ParameterizedClass
@ValueSource(strings = {"interp", "jit", "jit-kernel", "arm64", "linux"})
final class EngineMapsTest {
  private static final int ZERO_SEED = 0x40;
  private static final int NO_PREALLOC = 1;
  private static final int RDONLY = 8;
  private static final int WRONLY = 0x10;
  private static final int RDONLY_PROG = 0x80;
  private static final int MMAPABLE = 0x400;

  private final Engine engine;

  EngineMapsTest(String name) {
    engine = Engines.open(name);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private BpfMap map(MapType type, int key, int value, int entries, int flags) {
    return engine.createMap(MapSpec.of("m", type, key, value, entries, flags));
  }

  private void script(MapType type, int key, int value, int entries, int flags, String... lines) {
    List<String> wanted = Arrays.stream(lines).map(line -> line.replaceAll(" +", " ")).toList();
    try (BpfMap map = map(type, key, value, entries, flags)) {
      assertThat(MapScript.run(engine, map, wanted)).isEqualTo(wanted);
    }
  }

  private static final String[] HASH = {
    "lookup 1 = ENOENT",
    "next - = ENOENT",
    "update 1 10 = ok",
    "update 1 11 noexist = EEXIST",
    "update 2 1 exist = ENOENT",
    "update 1 12 exist = ok",
    "update 1 12 3 = EINVAL",
    "update 1 12 4 = EINVAL",
    "lookup 1 = 12",
    "lookup 1 4 = EINVAL",
    "next - = 1",
    "next 1 = ENOENT",
    "next 7 = 1",
    "take 1 = 12",
    "take 1 = ENOENT",
    "delete 1 = ENOENT",
    "update 3 30 noexist = ok",
    "delete 3 = ok",
    "lookup 3 = ENOENT"
  };

  @Test
  void hashes() {
    script(MapType.HASH, 4, 8, 8, 0, HASH);
    script(MapType.HASH, 5, 3, 8, NO_PREALLOC, HASH);
    script(MapType.HASH, 8, 8, 8, ZERO_SEED, HASH);
    script(MapType.LRU_HASH, 4, 8, 8, 0, HASH);
  }

  @Test
  void perCpuHashes() {
    // The lock flag of user space is looked at later here.
    String[] lines =
        Arrays.stream(HASH).filter(line -> !line.endsWith("4 = EINVAL")).toArray(String[]::new);
    script(MapType.PERCPU_HASH, 4, 8, 8, 0, lines);
    script(MapType.PERCPU_HASH, 4, 12, 8, NO_PREALLOC, lines);
    script(MapType.LRU_PERCPU_HASH, 4, 8, 8, 0, lines);
  }

  @Test
  void fullHashes() {
    for (int flags : new int[] {0, NO_PREALLOC}) {
      script(
          MapType.HASH,
          4,
          8,
          4,
          flags,
          "fill 1 4 = ok",
          "update 5 5 = E2BIG",
          "update 4 44 = ok",
          "delete 1 = ok",
          "update 5 5 = ok",
          "update 1 1 = E2BIG",
          "lookup 4 = 44");
    }
    script(MapType.LRU_HASH, 4, 8, 64, 0, "fill 1 1000 = ok", "lookup 1000 = 1000");
  }

  @Test
  void arrays() {
    for (MapType type : new MapType[] {MapType.ARRAY, MapType.PERCPU_ARRAY}) {
      script(
          type,
          4,
          8,
          3,
          0,
          "lookup 0 = 0",
          "lookup 3 = ENOENT",
          "update 2 7 = ok",
          "update 2 8 exist = ok",
          "update 2 9 noexist = EEXIST",
          "update 3 9 = E2BIG",
          "update 3 9 noexist = E2BIG",
          "lookup 2 = 8",
          "delete 2 = EINVAL",
          "take 2 = ENOTSUPP",
          "next - = 0",
          "next 0 = 1",
          "next 2 = ENOENT",
          "next 3 = 0");
    }
  }

  @Test
  void tries() {
    script(
        MapType.LPM_TRIE,
        8,
        4,
        3,
        NO_PREALLOC,
        "lookup 10.0.0.1/32 = ENOENT",
        "update 10.0.0.0/8 1 = ok",
        "update 10.1.0.0/16 2 = ok",
        "update 10.9.9.9/8 3 noexist = EEXIST",
        "update 11.0.0.0/8 3 exist = ENOENT",
        "update 11.0.0.0/33 3 = EINVAL",
        "lookup 10.1.2.3/32 = 2",
        "lookup 10.2.2.3/32 = 1",
        "lookup 10.1.2.3/12 = 1",
        "lookup 12.0.0.0/32 = ENOENT",
        "update 0.0.0.0/0 4 = ok",
        "lookup 12.0.0.0/32 = 4",
        "update 13.0.0.0/8 5 = ENOSPC",
        "next - = 10.1.0.0/16",
        "next 10.1.0.0/16 = 10.0.0.0/8",
        "next 0.0.0.0/0 = ENOENT",
        "delete 10.1.0.0/15 = ENOENT",
        "delete 10.1.0.0/16 = ok",
        "lookup 10.1.2.3/32 = 1",
        "take 10.0.0.0/8 = ENOTSUPP");
  }

  @Test
  void queuesAndStacks() {
    String[] common = {
      "lookup - = ENOENT", "take - = ENOENT", "update - 1 noexist = EINVAL", "update - 1 = ok",
      "update - 2 = ok", "update - 3 = E2BIG", "delete - = EINVAL", "next - = EINVAL"
    };
    script(MapType.QUEUE, 0, 8, 2, 0, common);
    script(MapType.STACK, 0, 8, 2, 0, common);
    script(
        MapType.QUEUE,
        0,
        8,
        2,
        0,
        "update - 1 = ok",
        "update - 2 = ok",
        "update - 3 exist = ok",
        "lookup - = 2",
        "take - = 2",
        "take - = 3",
        "take - = ENOENT");
    script(
        MapType.STACK,
        0,
        8,
        2,
        0,
        "update - 1 = ok",
        "update - 2 = ok",
        "update - 3 exist = ok",
        "lookup - = 3",
        "take - = 3",
        "take - = 2",
        "take - = ENOENT");
  }

  @Test
  void bloomFilters() {
    try (BpfMap map = map(MapType.BLOOM_FILTER, 0, 4, 100, 0)) {
      assertThat(map.lookup(u32(7))).isNull();
      map.update(new byte[0], u32(7), 0);
      assertThat(map.lookup(u32(7))).isEqualTo(u32(7));
      assertErrno(Errno.EINVAL, () -> map.update(new byte[0], u32(7), BpfMap.EXIST));
      assertErrno(Errno.EOPNOTSUPP, () -> map.delete(new byte[0]));
    }
  }

  @Test
  void redirectTargets() {
    script(
        MapType.DEVMAP,
        4,
        4,
        2,
        0,
        "lookup 0 = ENOENT",
        "update 0 1 = ok",
        "lookup 0 = 1",
        "update 1 9999999 = EINVAL",
        "update 2 1 = E2BIG",
        "update 0 1 noexist = EEXIST",
        "update 0 0 = ok",
        "delete 0 = ok",
        "delete 2 = EINVAL",
        "next 1 = ENOENT");
    script(
        MapType.DEVMAP_HASH,
        4,
        4,
        2,
        0,
        "update 100 1 = ok",
        "update 100 1 noexist = EEXIST",
        "update 5 0 = EINVAL",
        "update 5 1 = ok",
        "update 6 1 = E2BIG",
        "next - = 100",
        "next 100 = 5",
        "next 5 = ENOENT",
        "delete 5 = ok",
        "delete 5 = ENOENT",
        "lookup 100 = 1");
    script(
        MapType.CPUMAP,
        4,
        4,
        2,
        0,
        "update 0 192 = ok",
        "lookup 0 = 192",
        "update 0 16385 = EOVERFLOW",
        "update 2 1 = E2BIG",
        "delete 0 = ok",
        "lookup 0 = ENOENT");
    script(
        MapType.XSKMAP,
        4,
        4,
        2,
        0,
        "lookup 0 = EOPNOTSUPP",
        "update 5 0 = E2BIG",
        "delete 0 = ok",
        "delete 2 = EINVAL",
        "next - = 0");
  }

  @Test
  void mapsOfThingsThatAreNotThere() {
    script(
        MapType.PERF_EVENT_ARRAY,
        4,
        4,
        2,
        0,
        "lookup 0 = ENOTSUPP",
        "update 0 -1 = EBADF",
        "update 0 -1 exist = EINVAL",
        "delete 0 = ENOENT",
        "delete 2 = E2BIG",
        "next - = 0");
    script(
        MapType.CGROUP_ARRAY,
        4,
        4,
        2,
        0,
        "lookup 0 = ENOTSUPP",
        "update 0 -1 = EBADF",
        "update 2 -1 = E2BIG",
        "delete 0 = ENOENT");
    script(
        MapType.STACK_TRACE,
        4,
        1016,
        5,
        0,
        "lookup 0 = ENOENT",
        "delete 7 = ENOENT",
        "delete 8 = E2BIG",
        "next - = ENOENT");
    script(MapType.SOCKMAP, 4, 8, 2, 0, "lookup 0 = ENOENT", "delete 0 = EINVAL", "next - = 0");
    script(MapType.SOCKMAP, 4, 4, 2, 0, "lookup 0 = ENOSPC");
    script(MapType.SOCKHASH, 4, 8, 2, 0, "lookup 0 = ENOENT", "delete 0 = ENOENT");
    script(
        MapType.REUSEPORT_SOCKARRAY,
        4,
        8,
        2,
        0,
        "lookup 0 = ENOENT",
        "delete 0 = ENOENT",
        "delete 2 = E2BIG",
        "next 1 = ENOENT");
  }

  @Test
  void creationIsRefusedAlike() {
    Object[][] cases = {
      {MapType.HASH, 0, 8, 1, 0, Errno.EINVAL},
      {MapType.HASH, 4, 8, 0, 0, Errno.EINVAL},
      {MapType.HASH, 4, 8, 1, 2, Errno.EINVAL},
      {MapType.LRU_HASH, 4, 8, 1, NO_PREALLOC, Errno.ENOTSUPP},
      {MapType.PERCPU_HASH, 4, 32769, 1, 0, Errno.E2BIG},
      {MapType.ARRAY, 8, 8, 1, 0, Errno.EINVAL},
      {MapType.ARRAY, 4, 8, 1, RDONLY | WRONLY, Errno.EINVAL},
      {MapType.LPM_TRIE, 8, 8, 1, 0, Errno.EINVAL},
      {MapType.QUEUE, 4, 8, 1, 0, Errno.EINVAL},
      {MapType.RINGBUF, 0, 0, 4095, 0, Errno.EINVAL},
      {MapType.RINGBUF, 0, 0, 12288, 0, Errno.EINVAL},
      {MapType.PROG_ARRAY, 4, 8, 1, 0, Errno.EINVAL},
      {MapType.ARRAY_OF_MAPS, 4, 4, 1, 0, Errno.EINVAL},
      {MapType.CPUMAP, 4, 4, 100_000, 0, Errno.E2BIG},
      {MapType.CPUMAP, 4, 4, 2, RDONLY, Errno.EINVAL},
      {MapType.DEVMAP, 4, 12, 2, 0, Errno.EINVAL},
      {MapType.SOCKHASH, 513, 4, 1, 0, Errno.E2BIG},
      {MapType.STACK_TRACE, 4, 1024, 1, 0, Errno.EINVAL},
      {MapType.SK_STORAGE, 4, 8, 0, NO_PREALLOC, Errno.EINVAL},
    };
    for (Object[] c : cases) {
      assertErrno(
          (int) c[5],
          () -> map((MapType) c[0], (int) c[1], (int) c[2], (int) c[3], (int) c[4]).close());
    }
  }

  @Test
  void rightsAndFreezing() {
    script(
        MapType.HASH,
        4,
        8,
        4,
        RDONLY,
        "update 1 1 = EPERM",
        "delete 1 = EPERM",
        "take 1 = EPERM",
        "freeze = EPERM",
        "lookup 1 = ENOENT",
        "next - = ENOENT");
    script(
        MapType.HASH,
        4,
        8,
        4,
        WRONLY,
        "update 1 1 = ok",
        "lookup 1 = EPERM",
        "next - = EPERM",
        "delete 1 = ok");
    script(
        MapType.ARRAY,
        4,
        8,
        4,
        0,
        "update 1 1 = ok",
        "freeze = ok",
        "freeze = EPERM",
        "update 1 2 = EPERM",
        "lookup 1 = 1");
  }

  @Test
  void mapsOfMaps() {
    MapSpec inner = MapSpec.of("i", MapType.ARRAY, 4, 8, 1, 0);
    MapSpec arrays = MapSpec.of("a", MapType.ARRAY_OF_MAPS, 4, 4, 2, 0).withInner(inner);
    MapSpec hashes = MapSpec.of("h", MapType.HASH_OF_MAPS, 4, 4, 2, 0).withInner(inner);
    try (BpfMap one = engine.createMap(inner);
        BpfMap large = engine.createMap(inner.withMaxEntries(2));
        BpfMap array = engine.createMap(arrays);
        BpfMap hash = engine.createMap(hashes)) {
      byte[] value = u32(one.slotValue());
      array.update(u32(1), value, 0);
      hash.update(u32(77), value, 0);
      byte[] id = array.lookup(u32(1));
      assertThat(id).isNotNull().isEqualTo(hash.lookup(u32(77)));
      assertThat(array.lookup(u32(0))).isNull();
      assertErrno(Errno.EINVAL, () -> array.update(u32(0), u32(large.slotValue()), 0));
      assertErrno(Errno.EINVAL, () -> array.update(u32(0), u32(array.slotValue()), 0));
      assertErrno(Errno.EINVAL, () -> array.update(u32(0), value, BpfMap.NOEXIST));
      assertErrno(Errno.EEXIST, () -> hash.update(u32(77), value, BpfMap.NOEXIST));
      assertErrno(Errno.E2BIG, () -> array.update(u32(2), value, 0));
      assertErrno(Errno.EBADF, () -> array.update(u32(0), u32(-1), 0));
      array.delete(u32(1));
      assertErrno(Errno.ENOENT, () -> array.delete(u32(1)));
      assertErrno(Errno.E2BIG, () -> array.delete(u32(2)));
      hash.delete(u32(77));
      assertErrno(Errno.ENOENT, () -> hash.delete(u32(77)));
    }
  }

  @Test
  void batchesOfHashes() {
    try (BpfMap map = map(MapType.HASH, 4, 8, 100, 0)) {
      MapBatch updated = map.updateBatch(u32(1, 2, 3, 4, 5), u64(10, 20, 30, 40, 50), 0);
      assertThat(updated.errno()).isZero();
      assertThat(updated.count()).isEqualTo(5);
      assertThat(contents(map, 3)).isEqualTo(Map.of(1L, 10L, 2L, 20L, 3L, 30L, 4L, 40L, 5L, 50L));
      MapBatch deleted = map.deleteBatch(u32(1, 77, 2), 0);
      assertThat(deleted.errno()).isEqualTo(Errno.ENOENT);
      assertThat(deleted.count()).isEqualTo(1);
      MapBatch taken = map.lookupAndDeleteBatch(null, 100, 0);
      assertThat(taken.count()).isEqualTo(4);
      assertThat(taken.errno()).isEqualTo(Errno.ENOENT);
      assertThat(map.nextKey(null)).isNull();
      assertErrno(Errno.EINVAL, () -> map.updateBatch(u32(1), u64(1), BpfMap.NOEXIST));
      map.freeze();
      assertErrno(Errno.EPERM, () -> map.updateBatch(u32(1), u64(1), 0));
    }
  }

  /** All elements, by batches of that size or larger. */
  private static Map<Long, Long> contents(BpfMap map, int size) {
    Map<Long, Long> contents = new TreeMap<>();
    byte[] position = null;
    for (int wanted = size; ; ) {
      MapBatch batch = map.lookupBatch(position, wanted, 0);
      if (batch.errno() == Errno.ENOSPC) {
        wanted *= 2;
        continue;
      }
      for (int i = 0; i < batch.count(); i++) {
        contents.put(
            Engines.number(Arrays.copyOfRange(batch.keys(), 4 * i, 4 * i + 4)),
            Engines.number(Arrays.copyOfRange(batch.values(), 8 * i, 8 * i + 8)));
      }
      if (batch.errno() == Errno.ENOENT) {
        return contents;
      }
      assertThat(batch.errno()).isZero();
      position = batch.next();
    }
  }

  @Test
  void batchesOfArrays() {
    try (BpfMap map = map(MapType.ARRAY, 4, 8, 5, 0)) {
      MapBatch updated = map.updateBatch(u32(0, 4, 9, 1), u64(1, 2, 3, 4), 0);
      assertThat(updated.errno()).isEqualTo(Errno.E2BIG);
      assertThat(updated.count()).isEqualTo(2);
      MapBatch first = map.lookupBatch(null, 2, 0);
      assertThat(first.values()).isEqualTo(u64(1, 0));
      MapBatch rest = map.lookupBatch(first.next(), 10, 0);
      assertThat(rest.errno()).isEqualTo(Errno.ENOENT);
      assertThat(rest.keys()).isEqualTo(u32(2, 3, 4));
      assertErrno(Errno.ENOTSUPP, () -> map.deleteBatch(u32(0), 0));
      assertErrno(Errno.ENOTSUPP, () -> map.lookupAndDeleteBatch(null, 1, 0));
    }
    try (BpfMap queue = map(MapType.QUEUE, 0, 8, 5, 0)) {
      assertErrno(Errno.ENOTSUPP, () -> queue.lookupBatch(null, 1, 0));
    }
  }

  @Test
  void memoryOfArrays() {
    try (BpfMap map = map(MapType.ARRAY, 4, 12, 3, MMAPABLE)) {
      List<Long> seen = new ArrayList<>();
      MappedValues kept = map.mmap(false);
      try (MappedValues mapped = map.mmap(true)) {
        map.update(u32(1), Arrays.copyOf(u64(7), 12), 0);
        assertThat(mapped.bytes().capacity()).isEqualTo(48);
        assertThat(mapped.bytes().getLong(16)).isEqualTo(7);
        mapped.bytes().putLong(32, 9);
        byte[] value = map.lookup(u32(2));
        assertThat(value).isEqualTo(Arrays.copyOf(u64(9), 12));
        seen.add(kept.bytes().getLong(32));
        assertErrno(Errno.EBUSY, map::freeze);
      }
      map.freeze();
      assertErrno(Errno.EPERM, () -> map.mmap(true));
      assertThat(kept.bytes().isReadOnly()).isTrue();
      kept.close();
      assertThat(seen).containsExactly(9L);
      assertThatThrownBy(() -> kept.bytes().get(0)).isInstanceOf(IllegalStateException.class);
    }
    try (BpfMap plain = map(MapType.ARRAY, 4, 8, 1, 0)) {
      assertErrno(Errno.EINVAL, () -> plain.mmap(true));
    }
    try (BpfMap constant = map(MapType.ARRAY, 4, 8, 1, MMAPABLE | RDONLY_PROG)) {
      assertErrno(Errno.EACCES, () -> constant.mmap(true));
    }
  }

  @Test
  void keysAndValuesHaveTheirLength() {
    try (BpfMap map = map(MapType.HASH, 4, 8, 1, 0)) {
      assertThatThrownBy(() -> map.lookup(new byte[3]))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> map.update(new byte[4], new byte[7], 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static void assertErrno(int errno, Runnable operation) {
    assertThatThrownBy(operation::run)
        .isInstanceOfSatisfying(
            BpfErrnoException.class,
            refused -> assertThat(Errno.name(refused.errno())).isEqualTo(Errno.name(errno)));
  }
}

package dev.skep.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.PerfBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.machine.Machine;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MapsTest {
  private final Machine machine = Machine.ofCpus(2);
  private final Maps maps = new Maps(machine);

  @AfterEach
  void close() {
    machine.close();
  }

  static byte[] u32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  static byte[] u64(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytes.array();
  }

  private VmMap map(MapType type, int entries, int flags) {
    return maps.create(MapSpec.of("m", type, 4, 8, entries, flags));
  }

  private static int errnoOf(Runnable operation) {
    try {
      operation.run();
      return 0;
    } catch (BpfErrnoException refused) {
      return refused.errno();
    }
  }

  private static List<byte[]> keys(BpfMap map) {
    List<byte[]> keys = new ArrayList<>();
    for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
      keys.add(key);
    }
    return keys;
  }

  @Test
  void arrayHasAllElementsFromTheStart() {
    try (VmMap map = map(MapType.ARRAY, 3, 0)) {
      assertThat(map.lookup(u32(2))).isEqualTo(u64(0));
      assertThat(map.lookup(u32(3))).isNull();
      map.update(u32(1), u64(7), BpfMap.EXIST);
      assertThat(map.lookup(u32(1))).isEqualTo(u64(7));
      assertThat(errnoOf(() -> map.update(u32(1), u64(7), BpfMap.NOEXIST))).isEqualTo(Errno.EEXIST);
      assertThat(errnoOf(() -> map.update(u32(3), u64(7), BpfMap.NOEXIST))).isEqualTo(Errno.E2BIG);
      assertThat(errnoOf(() -> map.update(u32(1), u64(7), 3))).isEqualTo(Errno.EINVAL);
      assertThat(errnoOf(() -> map.delete(u32(1)))).isEqualTo(Errno.EINVAL);
      assertThat(errnoOf(() -> map.lookupAndDelete(u32(1), 0))).isEqualTo(Errno.ENOTSUPP);
      assertThat(keys(map)).containsExactly(u32(0), u32(1), u32(2));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HASH", "LRU_HASH"})
  void hashReplacesElements(MapType type) {
    try (VmMap map = map(type, 4, 0)) {
      assertThat(map.lookup(u32(1))).isNull();
      assertThat(errnoOf(() -> map.update(u32(1), u64(1), BpfMap.EXIST))).isEqualTo(Errno.ENOENT);
      map.update(u32(1), u64(1), BpfMap.NOEXIST);
      assertThat(errnoOf(() -> map.update(u32(1), u64(1), BpfMap.NOEXIST))).isEqualTo(Errno.EEXIST);
      Cpu cpu = machine.cpus().enter();
      long key = Memory.allocate(8);
      Memory.putInt(key, 1);
      long before = map.lookupElem(cpu, key);
      map.update(u32(1), u64(2), BpfMap.ANY);
      assertThat(Memory.getLong(before)).as("an older pointer keeps the old value").isEqualTo(1);
      assertThat(Memory.getLong(map.lookupElem(cpu, key))).isEqualTo(2);
      long current = map.lookupElem(cpu, key);
      map.delete(u32(1));
      assertThat(map.lookupElem(cpu, key)).isZero();
      map.update(u32(9), u64(3), BpfMap.ANY);
      assertThat(Memory.getLong(current)).as("elements are used again at once").isEqualTo(3);
      machine.cpus().leave();
      Memory.free(key);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HASH", "PERCPU_HASH"})
  void fullHashRefusesNewKeysOnly(MapType type) {
    for (int flags : new int[] {0, MapFlags.NO_PREALLOC}) {
      try (VmMap map = map(type, 3, flags)) {
        byte[] value = new byte[map.userValueSize()];
        for (int i = 0; i < 3; i++) {
          map.update(u32(i), value, BpfMap.ANY);
        }
        assertThat(errnoOf(() -> map.update(u32(3), value, BpfMap.ANY))).isEqualTo(Errno.E2BIG);
        map.update(u32(2), value, BpfMap.ANY);
        map.delete(u32(0));
        map.update(u32(3), value, BpfMap.ANY);
        assertThat(errnoOf(() -> map.update(u32(4), value, BpfMap.ANY))).isEqualTo(Errno.E2BIG);
        assertThat(map.elementCount()).isEqualTo(3);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LRU_HASH", "LRU_PERCPU_HASH"})
  void lruNeverFills(MapType type) {
    try (VmMap map = map(type, 5, 0)) {
      byte[] value = new byte[map.userValueSize()];
      for (int i = 0; i < 100; i++) {
        map.update(u32(i), value, BpfMap.ANY);
        map.update(u32(i), value, BpfMap.ANY);
        assertThat(map.elementCount()).isLessThanOrEqualTo(5);
        assertThat(map.lookup(u32(i))).isNotNull();
      }
    }
  }

  @Test
  void lruKeepsWhatProgramsUse() {
    try (VmMap map = map(MapType.LRU_HASH, 8, 0)) {
      Cpu cpu = machine.cpus().enter();
      long key = Memory.allocate(8);
      for (int i = 0; i < 50; i++) {
        map.update(u32(i), u64(i), BpfMap.ANY);
        Memory.putInt(key, 0);
        assertThat(map.lookupElem(cpu, key)).as("round %d", i).isNotZero();
      }
      machine.cpus().leave();
      Memory.free(key);
    }
  }

  @Test
  void perCpuValuesHaveOneSlotPerCpu() {
    try (VmMap map = map(MapType.PERCPU_ARRAY, 2, 0)) {
      map.update(u32(1), u64(5, 6), BpfMap.ANY);
      assertThat(map.lookup(u32(1))).isEqualTo(u64(5, 6));
      assertThat(map.lookup(u32(1), MapFlags.CPU | 1L << 32)).isEqualTo(u64(6));
      map.update(u32(1), u64(9), MapFlags.CPU);
      map.update(u32(0), u64(4), MapFlags.ALL_CPUS);
      assertThat(map.lookup(u32(1))).isEqualTo(u64(9, 6));
      assertThat(map.lookup(u32(0))).isEqualTo(u64(4, 4));
      assertThat(errnoOf(() -> map.lookup(u32(1), MapFlags.CPU | 2L << 32)))
          .isEqualTo(Errno.ERANGE);
      assertThat(errnoOf(() -> map.lookup(u32(1), 1L << 32))).isEqualTo(Errno.EINVAL);
      assertThat(errnoOf(() -> map.lookup(u32(1), MapFlags.ALL_CPUS))).isEqualTo(Errno.EINVAL);
    }
  }

  @Test
  void programsSeeTheirCpusValue() {
    Machine holes = Machine.ofMask(1, 4);
    Maps others = new Maps(holes);
    try (VmMap map = others.create(MapSpec.of("p", MapType.PERCPU_HASH, 4, 8, 4, 0))) {
      long key = Memory.allocate(8);
      long value = Memory.allocate(8);
      Memory.putInt(key, 3);
      Cpu cpu = holes.cpus().enter(1);
      assertThat(cpu.number()).isEqualTo(4);
      Memory.putLong(value, 44);
      assertThat(map.updateElem(cpu, key, value, BpfMap.ANY)).isZero();
      holes.cpus().leave();
      cpu = holes.cpus().enter(0);
      Memory.putLong(value, 11);
      assertThat(map.updateElem(cpu, key, value, BpfMap.EXIST)).isZero();
      assertThat(Memory.getLong(map.lookupElem(cpu, key))).isEqualTo(11);
      assertThat(Memory.getLong(map.lookupPerCpuElem(key, 4))).isEqualTo(44);
      assertThat(map.lookupPerCpuElem(key, 2)).isZero();
      holes.cpus().leave();
      assertThat(map.lookup(u32(3))).isEqualTo(u64(11, 44));
      Memory.free(key);
      Memory.free(value);
    }
    holes.close();
  }

  @Test
  void deletingWhileIteratingVisitsAll() {
    try (VmMap map = map(MapType.HASH, 16, MapFlags.ZERO_SEED)) {
      for (int i = 0; i < 16; i++) {
        map.update(u32(i), u64(i), BpfMap.ANY);
      }
      assertThat(keys(map)).hasSize(16).doesNotHaveDuplicates();
      int rounds = 0;
      for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
        map.delete(key);
        rounds++;
      }
      assertThat(rounds).isEqualTo(16);
    }
  }

  @Test
  void rightsAndFreezing() {
    try (VmMap map = map(MapType.HASH, 4, MapFlags.RDONLY)) {
      assertThat(errnoOf(() -> map.update(u32(1), u64(1), 7))).isEqualTo(Errno.EPERM);
      assertThat(map.lookup(u32(1))).isNull();
      assertThat(errnoOf(map::freeze)).isEqualTo(Errno.EPERM);
    }
    try (VmMap map = map(MapType.ARRAY, 4, 0)) {
      map.freeze();
      assertThat(errnoOf(() -> map.update(u32(1), u64(1), 0))).isEqualTo(Errno.EPERM);
      assertThat(errnoOf(map::freeze)).isEqualTo(Errno.EPERM);
    }
  }

  @Test
  void aClosedMapSaysSo() {
    VmMap map = map(MapType.HASH, 4, 0);
    map.close();
    assertThatThrownBy(() -> map.lookup(u32(1))).isInstanceOf(IllegalStateException.class);
  }

  /** Writers move values between keys; readers must never see another key's value. */
  @ParameterizedTest
  @EnumSource(names = {"HASH", "LRU_HASH", "PERCPU_HASH"})
  void readersNeverSeeAnotherKeysValue(MapType type) throws InterruptedException {
    try (VmMap map = map(type, 64, 0)) {
      Queue<String> failures = new ConcurrentLinkedQueue<>();
      CountDownLatch done = new CountDownLatch(4);
      for (int t = 0; t < 4; t++) {
        int seed = t;
        Thread thread =
            new Thread(() -> {
              try {
                churn(map, seed, failures);
              } catch (RuntimeException thrown) {
                failures.add(thrown.toString());
              } finally {
                done.countDown();
              }
            });
        thread.start();
      }
      done.await();
      assertThat(failures).isEmpty();
      Set<Integer> seen = new HashSet<>();
      for (byte[] key : keys(map)) {
        assertThat(seen.add(ByteBuffer.wrap(key).getInt())).isTrue();
      }
      assertThat(map.elementCount()).isEqualTo(seen.size());
    }
  }

  private static void churn(VmMap map, int seed, Queue<String> failures) {
    java.util.Random random = new java.util.Random(seed);
    int slots = map.userValueSize() / 8;
    for (int i = 0; i < 60_000; i++) {
      int key = random.nextInt(96);
      switch (random.nextInt(4)) {
        case 0 -> {
          long[] value = new long[slots];
          java.util.Arrays.fill(value, key * 1_000_003L);
          int errno = errnoOf(() -> map.update(u32(key), u64(value), BpfMap.ANY));
          if (errno != 0 && errno != Errno.E2BIG) {
            failures.add("update: " + errno);
          }
        }
        case 1 -> errnoOf(() -> map.delete(u32(key)));
        default -> {
          byte[] value = map.lookup(u32(key));
          if (value != null
              && ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong()
                  != key * 1_000_003L) {
            failures.add("key " + key + " has another value");
          }
        }
      }
    }
  }

  @Test
  void stacksAreEmpty() {
    try (VmMap map = maps.create(MapSpec.of("s", MapType.STACK_TRACE, 4, 1016, 5, 0))) {
      assertThat(map.lookup(u32(0))).isNull();
      assertThat(map.nextKey(null)).isNull();
      assertThat(errnoOf(() -> map.delete(u32(7)))).isEqualTo(Errno.ENOENT);
      assertThat(errnoOf(() -> map.delete(u32(8)))).isEqualTo(Errno.E2BIG);
      assertThat(errnoOf(() -> map.update(u32(0), new byte[1016], 0))).isEqualTo(Errno.EINVAL);
    }
  }

  @Test
  void deviceHashKeepsWhatAProgramFound() {
    maps.devices(ifindex -> ifindex == 1 || ifindex == 2);
    try (VmMap map = maps.create(MapSpec.of("d", MapType.DEVMAP_HASH, 4, 8, 2, 0))) {
      map.update(u32(100), u64(1), 0);
      Cpu cpu = machine.cpus().enter();
      long key = Memory.allocate(4);
      try {
        Memory.putInt(key, 100);
        long found = map.lookupElem(cpu, key);
        map.update(u32(100), u64(2), BpfMap.EXIST);
        assertThat(Memory.getInt(found)).isEqualTo(1);
        assertThat(Memory.getInt(map.lookupElem(cpu, key))).isEqualTo(2);
        map.delete(u32(100));
        assertThat(map.lookupElem(cpu, key)).isZero();
        assertThat(Memory.getInt(found)).isEqualTo(1);
      } finally {
        Memory.free(key);
        machine.cpus().leave();
      }
      assertThat(errnoOf(() -> map.update(u32(1), u64(3), 0))).isEqualTo(Errno.EINVAL);
      assertThat(errnoOf(() -> map.update(u32(1), u64(1 | 5L << 32), 0))).isEqualTo(Errno.EINVAL);
      map.update(u32(1), u64(1), 0);
      map.update(u32(5), u64(1), 0);
      assertThat(errnoOf(() -> map.update(u32(9), u64(1), 0))).isEqualTo(Errno.E2BIG);
      assertThat(map.nextKey(null)).isEqualTo(u32(5));
      assertThat(map.nextKey(u32(5))).isEqualTo(u32(1));
      assertThat(map.nextKey(u32(1))).isNull();
    }
  }

  /** A second close does no harm. */
  private static void stop(PerfBuffer reader) {
    reader.close();
  }

  @Test
  void perfRingsCountWhatTheyLose() {
    PerfEventArrayMap map =
        (PerfEventArrayMap) maps.create(MapSpec.of("p", MapType.PERF_EVENT_ARRAY, 4, 4, 2, 0));
    List<String> seen = new ArrayList<>();
    PerfBuffer.Consumer consumer =
        new PerfBuffer.Consumer() {
          @Override
          public void sample(int cpu, byte[] data) {
            seen.add(cpu + ":" + data.length + ":" + data[0]);
          }

          @Override
          public void lost(int cpu, long count) {
            seen.add(cpu + " lost " + count);
          }
        };
    Cpu cpu = machine.cpus().enter(1);
    try (map;
        PerfBuffer reader = map.perfBuffer(4096)) {
      // 8 bytes of header, 4 of length, 1012 of sample: three fit, as one byte stays free.
      for (int i = 0; i < 5; i++) {
        byte number = (byte) i;
        long result = map.output(cpu, 0xffffffffL, 1010, (to, at) -> to[at] = number);
        assertThat(result).isEqualTo(i < 3 ? 0 : -Errno.ENOSPC);
      }
      assertThat(map.output(cpu, 0, 1, (to, at) -> {})).isEqualTo(-Errno.EOPNOTSUPP);
      assertThat(map.output(cpu, 2, 1, (to, at) -> {})).isEqualTo(-Errno.E2BIG);
      assertThat(reader.consume(consumer)).isEqualTo(3);
      assertThat(map.output(cpu, 1, 4, (to, at) -> to[at] = 9)).isZero();
      assertThat(reader.poll(Duration.ofSeconds(10), consumer)).isEqualTo(1);
      assertThat(seen).containsExactly("1:1012:0", "1:1012:1", "1:1012:2", "1 lost 2", "1:4:9");
      stop(reader);
      assertThat(map.output(cpu, 1, 1, (to, at) -> {})).isEqualTo(-Errno.ENOENT);
    } finally {
      machine.cpus().leave();
    }
  }
}

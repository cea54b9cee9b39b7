package dev.skep.tests.tailcalls;

import static dev.skep.tests.engines.Engines.packet;
import static dev.skep.tests.engines.Engines.u32;
import static dev.skep.tests.tailcalls.ArrayRig.errno;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.MapBatch;
import dev.skep.engine.ProgramArray;
import dev.skep.engine.TestRun;
import dev.skep.errors.Errno;
import dev.skep.linux.KernelEngine;
import dev.skep.linux.KernelMap;
import dev.skep.linux.KernelObjects;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.ProgramType;
import dev.skep.testing.Check;
import dev.skep.tests.engines.Engines;
import dev.skep.tests.engines.Leaks;
import dev.skep.tests.tailcalls.ArrayRig.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands make of program arrays, on every engine: the kernel's errnos are the measure. */
@ParameterizedClass
@ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
final class ProgramArrayChecksTest {
  private static final Kind XDP = Kind.of(ProgramType.XDP);

  private static final int RDONLY_PROG = 1 << 7;
  private static final int WRONLY_PROG = 1 << 8;
  private static final int MMAPABLE = 1 << 10;
  private static final int PRESERVE_ELEMS = 1 << 11;
  private static final int INNER_MAP = 1 << 12;

  private final ArrayRig rig;

  ProgramArrayChecksTest(String engine) {
    rig = new ArrayRig(Engines.open(engine));
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private int creation(int keySize, int valueSize, int entries, int flags) {
    MapSpec spec = MapSpec.of("jumps", MapType.PROG_ARRAY, keySize, valueSize, entries, flags);
    return errno(() -> rig.map(spec));
  }

  @Test
  @Check(1)
  void valuesAreFourBytes() {
    assertThat(creation(4, 4, 3, 0)).isZero();
    assertThat(creation(4, 8, 3, 0)).isEqualTo(Errno.EINVAL);
    assertThat(creation(4, 0, 3, 0)).isEqualTo(Errno.EINVAL);
    assertThat(creation(4, Integer.MIN_VALUE, 3, 0)).isEqualTo(Errno.EINVAL);
  }

  @Test
  @Check(2)
  void keysAreFourBytes() {
    assertThat(creation(8, 4, 3, 0)).isEqualTo(Errno.EINVAL);
    assertThat(creation(0, 4, 3, 0)).isEqualTo(Errno.EINVAL);
  }

  @Test
  @Check(3)
  void anArrayHasSlots() {
    assertThat(creation(4, 4, 0, 0)).isEqualTo(Errno.EINVAL);
  }

  @Test
  @Check(4)
  void programsDoNotAccessSlots() {
    assertThat(creation(4, 4, 3, RDONLY_PROG)).isEqualTo(Errno.EINVAL);
    assertThat(creation(4, 4, 3, WRONLY_PROG)).isEqualTo(Errno.EINVAL);
  }

  @Test
  @Check(5)
  void flagsOfOtherArraysAreRefused() {
    assertThat(creation(4, 4, 3, MMAPABLE)).isEqualTo(Errno.EINVAL);
    assertThat(creation(4, 4, 3, INNER_MAP)).isEqualTo(Errno.EINVAL);
    assertThat(creation(4, 4, 3, PRESERVE_ELEMS)).isEqualTo(Errno.EINVAL);
    assertThat(creation(4, 4, 3, 1 << 20)).isEqualTo(Errno.EINVAL);
  }

  @Test
  @Check(6)
  void indexesAreBelowMaxEntries() {
    ProgramArray array = rig.array(3);
    LoadedProgram program = rig.returning(XDP, 7);
    assertThat(errno(() -> array.set(3, program))).isEqualTo(Errno.E2BIG);
    assertThat(errno(() -> array.set(-1, program))).isEqualTo(Errno.E2BIG);
    assertThat(errno(() -> array.set(2, program))).isZero();
    assertThat(array.ids()).isEqualTo(Map.of(2, program.id()));
  }

  @Test
  @Check(7)
  void updatesTakeNoFlags() {
    BpfMap map = rig.map(ArrayRig.spec(3));
    LoadedProgram first = rig.returning(XDP, 1);
    LoadedProgram second = rig.returning(XDP, 2);
    byte[] value = u32(second.slotValue());
    map.programArray().set(1, first);
    for (long flags : new long[] {BpfMap.NOEXIST, BpfMap.EXIST, 4, 8, 1L << 32}) {
      assertThat(errno(() -> map.update(u32(1), value, flags)))
          .as("flags %x", flags)
          .isEqualTo(Errno.EINVAL);
      assertThat(errno(() -> map.update(u32(0), value, flags))).isEqualTo(Errno.EINVAL);
    }
    assertThat(map.programArray().ids()).isEqualTo(Map.of(1, first.id()));
  }

  @Test
  @Check(8)
  void valuesArePrograms() {
    BpfMap map = rig.map(ArrayRig.spec(3));
    LoadedProgram closed = rig.returning(XDP, 1);
    int value = closed.slotValue();
    closed.close();
    assertThat(errno(() -> map.update(u32(0), u32(value), 0))).isEqualTo(Errno.EBADF);
    assertThat(errno(() -> map.update(u32(0), u32(1_000_000_000), 0))).isEqualTo(Errno.EBADF);
    assertThat(errno(() -> map.update(u32(0), u32(-1), 0))).isEqualTo(Errno.EBADF);
    assertThat(errno(() -> map.update(u32(0), u32(map.slotValue()), 0))).isEqualTo(Errno.EINVAL);
    assertThat(errno(() -> map.update(u32(3), u32(-1), 0)))
        .as("the index is looked at first")
        .isEqualTo(Errno.E2BIG);
    assertThat(map.programArray().ids()).isEmpty();
  }

  @Test
  @Check(12)
  void lookupsGiveIds() {
    BpfMap map = rig.map(ArrayRig.spec(3));
    LoadedProgram program = rig.returning(XDP, 7);
    ProgramArray array = map.programArray();
    array.set(1, program);
    assertThat(map.lookup(u32(1))).isEqualTo(u32(program.id()));
    assertThat(array.id(1)).isEqualTo(OptionalInt.of(program.id()));
    assertThat(map.lookup(u32(0))).as("ENOENT").isNull();
    assertThat(map.lookup(u32(3))).as("ENOENT").isNull();
    assertThat(array.id(3)).isEmpty();
  }

  @Test
  @Check(13)
  void deletingEmptiesSlots() {
    BpfMap map = rig.map(ArrayRig.spec(3));
    LoadedProgram program = rig.returning(XDP, 7);
    map.programArray().set(1, program);
    assertThat(errno(() -> map.delete(u32(3)))).isEqualTo(Errno.E2BIG);
    assertThat(errno(() -> map.delete(u32(0)))).isEqualTo(Errno.ENOENT);
    assertThat(map.programArray().ids()).isEqualTo(Map.of(1, program.id()));
    assertThat(errno(() -> map.delete(u32(1)))).isZero();
    assertThat(errno(() -> map.delete(u32(1)))).isEqualTo(Errno.ENOENT);
    assertThat(map.programArray().remove(1)).isFalse();
    assertThat(map.programArray().ids()).isEmpty();
  }

  @Test
  @Check(14)
  void keysAreAllIndexes() {
    BpfMap map = rig.map(ArrayRig.spec(3));
    assertThat(map.nextKey(null)).isEqualTo(u32(0));
    assertThat(map.nextKey(u32(1))).isEqualTo(u32(2));
    assertThat(map.nextKey(u32(2))).isNull();
    assertThat(map.nextKey(u32(3))).isEqualTo(u32(0));
    assertThat(map.nextKey(u32(-1))).isEqualTo(u32(0));
  }

  /** The rest of the commands: what the kernel has no operation for. */
  @Test
  @Check({6, 7, 8, 12, 13})
  void batchesAndOtherCommands() {
    BpfMap map = rig.map(ArrayRig.spec(4));
    byte[] value = u32(rig.returning(XDP, 7).slotValue());
    List<Object> results = new ArrayList<>();
    results.add(errno(() -> map.lookupAndDelete(u32(0), 0)));
    results.add(errno(() -> map.lookup(u32(0), 4)));
    results.add(errno(() -> map.delete(u32(0), 1)));
    results.add(batch(() -> map.updateBatch(u32(0, 1), Engines.u32(0, 0), 0)));
    results.add(batch(() -> map.lookupBatch(null, 4, 0)));
    results.add(batch(() -> map.lookupAndDeleteBatch(null, 4, 0)));
    results.add(batch(() -> map.deleteBatch(u32(0), 0)));
    map.update(u32(0), value, 0);
    results.add(errno(map::freeze));
    results.add(errno(() -> map.update(u32(1), value, 0)));
    results.add(errno(() -> map.delete(u32(0))));
    results.add(map.lookup(u32(0)) == null);
    results.add(map.nextKey(u32(0)) == null);
    assertThat(results)
        .containsExactly(
            Errno.ENOTSUPP,
            Errno.EINVAL,
            Errno.EINVAL,
            Errno.ENOTSUPP,
            Errno.ENOTSUPP,
            Errno.ENOTSUPP,
            Errno.ENOTSUPP,
            0,
            Errno.EPERM,
            Errno.EPERM,
            false,
            false);
  }

  private interface Batch {
    MapBatch run();
  }

  private static int batch(Batch batch) {
    int[] errno = new int[1];
    int refused = errno(() -> errno[0] = batch.run().errno());
    return refused == 0 ? errno[0] : refused;
  }

  /** One step through an array that holds a program that uses it. */
  private static int circle(Engine engine) {
    BpfMap map = engine.createMap(ArrayRig.spec(3));
    LoadedProgram program =
        engine.load(XDP.program(ArrayRig.jump(0), List.of(map.spec())), List.of(map));
    map.programArray().set(0, program);
    map.programArray().set(2, program);
    int id = program.id();
    assertThat(program.testRun(TestRun.of(packet(0, 64))).retval()).isEqualTo(9);
    program.close();
    assertThat(map.programArray().id(2)).as("the slot holds the program").hasValue(id);
    map.close();
    return id;
  }

  @Test
  @Check(15)
  void closingTheArrayFreesTheProgramsThatUseIt() {
    int warm = circle(rig.engine);
    assertThat(warm).isPositive();
    Leaks before = Leaks.now();
    int id = 0;
    for (int i = 0; i < 20; i++) {
      id = circle(rig.engine);
    }
    if (rig.engine instanceof KernelEngine) {
      int last = id;
      eventually(() -> KernelObjects.host().program(last).isEmpty());
    }
    eventually(() -> Leaks.now().blocks() == before.blocks());
    assertThat(Leaks.now().descriptors()).isEqualTo(before.descriptors());
  }

  /** What is freed after a grace period, on a queue of the kernel. */
  private static void eventually(BooleanSupplier condition) {
    long end = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }

  @Test
  @Check(16)
  void aReferenceOfTheUserKeepsTheSlots(@TempDir Path directory) throws Exception {
    BpfMap map = rig.map(ArrayRig.spec(3));
    LoadedProgram entry = rig.load(XDP, ArrayRig.jump(1), map);
    LoadedProgram target = rig.returning(XDP, 7);
    int id = target.id();
    map.programArray().set(1, target);
    target.close();
    if (map instanceof KernelMap kernel) {
      pinned((KernelEngine) rig.engine, kernel, id, directory);
    }
    assertThat(map.programArray().ids()).isEqualTo(Map.of(1, id));
    assertThat(entry.testRun(TestRun.of(packet(0, 64))).retval()).isEqualTo(7);
  }

  private static void pinned(KernelEngine engine, KernelMap map, int id, Path directory)
      throws IOException, InterruptedException {
    Path bpffs = Files.createDirectory(directory.resolve("bpffs"));
    Assumptions.assumeTrue(
        command("mount", "-t", "bpf", "bpf", bpffs.toString()),
        "no BPF file system can be mounted");
    try {
      Path file = bpffs.resolve("jumps");
      try (KernelMap other = engine.createMap(ArrayRig.spec(3));
          LoadedProgram program = engine.load(XDP.program("r0 = 1\nexit", List.of()), List.of())) {
        other.programArray().set(2, program);
        other.pin(file);
      }
      // A clearing would come from a work queue of the kernel.
      Thread.sleep(200);
      try (KernelMap again = engine.pinnedMap(file)) {
        assertThat(again.programArray().ids()).containsOnlyKeys(2);
      }
      Files.delete(file);
    } finally {
      assertThat(command("umount", bpffs.toString())).isTrue();
    }
    assertThat(map.programArray().id(1)).hasValue(id);
  }

  private static boolean command(String... words) throws IOException, InterruptedException {
    return new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  @Test
  @Check(17)
  void aProgramArrayIsNoInnerMap() {
    for (MapType outer : List.of(MapType.ARRAY_OF_MAPS, MapType.HASH_OF_MAPS)) {
      MapSpec spec = MapSpec.of("outer", outer, 4, 4, 2, 0).withInner(ArrayRig.spec(3));
      assertThat(errno(() -> rig.map(spec))).as(outer.text()).isEqualTo(Errno.ENOTSUPP);
    }
  }

  /** Replacing is seen by runs, whatever form the tail call has. */
  @Test
  @Check(20)
  void runsFollowTheSlots() {
    BpfMap map = rig.map(ArrayRig.spec(3));
    LoadedProgram entry = rig.load(XDP, ArrayRig.jump(1), map);
    LoadedProgram p = rig.returning(XDP, 1);
    LoadedProgram q = rig.returning(XDP, 2);
    List<Integer> results = new ArrayList<>();
    ProgramArray array = map.programArray();
    for (Runnable change :
        List.<Runnable>of(
            () -> {},
            () -> array.set(1, p),
            () -> array.set(1, q),
            () -> array.remove(1),
            () -> array.set(1, p),
            () -> array.set(0, q))) {
      change.run();
      results.add(entry.testRun(TestRun.of(packet(0, 64))).retval());
    }
    assertThat(results).containsExactly(9, 1, 2, 9, 1, 1);
  }

  private static final int CHANGES = 2_000;

  /** There each removal waits for a grace period of many milliseconds. */
  private static final int LINUX_CHANGES = 50;

  /** Threads run a program while another one changes the slots it jumps through. */
  @Test
  @Check(22)
  void runsSeeASlotBeforeOrAfterAChange() throws InterruptedException {
    BpfMap map = rig.map(ArrayRig.spec(3));
    List<LoadedProgram> entries =
        List.of(rig.load(XDP, ArrayRig.jump(1), map), rig.load(XDP, ArrayRig.jump(2), map));
    LoadedProgram p = rig.returning(XDP, 1);
    LoadedProgram q = rig.returning(XDP, 2);
    ProgramArray array = map.programArray();
    array.set(2, p);
    AtomicBoolean stop = new AtomicBoolean();
    List<Set<Integer>> seen = List.of(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet());
    List<Thread> runners = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      LoadedProgram entry = entries.get(i);
      Set<Integer> results = seen.get(i);
      runners.add(
          Thread.ofPlatform()
              .start(() -> {
                while (!stop.get()) {
                  results.add(entry.testRun(TestRun.of(packet(0, 64))).retval());
                }
              }));
    }
    int changes = rig.engine instanceof KernelEngine ? LINUX_CHANGES : CHANGES;
    // On a busy machine the runners may come late, or die.
    for (int i = 0; i < changes || seen.stream().anyMatch(Set::isEmpty); i++) {
      assertThat(runners).allMatch(Thread::isAlive);
      array.set(1, p);
      array.remove(1);
      array.set(2, (i & 1) == 0 ? q : p);
    }
    stop.set(true);
    for (Thread runner : runners) {
      runner.join();
    }
    assertThat(seen.get(0)).isNotEmpty().isSubsetOf(1, 9);
    assertThat(seen.get(1)).as("never empty").isNotEmpty().isSubsetOf(1, 2);
  }
}

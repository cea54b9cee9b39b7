package dev.skep.map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.ProgramArray;
import dev.skep.engine.TestRun;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.BpfArrayLayout;
import dev.skep.program.layout.BpfMapLayout;
import dev.skep.program.layout.BpfProgLayout;
import dev.skep.run.Vm;
import dev.skep.run.VmOptions;
import dev.skep.run.VmProgram;
import dev.skep.testing.Check;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What lies where in a program array's memory, and that cached targets go with the slots. */
@Timeout(120)
class ProgArrayStorageTest {
  /** X86_TAIL_CALL_OFFSET without IBT. */
  private static final int PROLOGUE = 12;

  private static Vm open(String engine, VmOptions options) {
    try {
      return switch (engine) {
        case "interp" -> Vm.interp(options);
        case "jit" -> Vm.jit(options);
        case "jit-kernel" -> Vm.jitKernel(options);
        default -> throw new IllegalArgumentException(engine);
      };
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
      throw missing;
    }
  }

  private static VmOptions options() {
    return VmOptions.ofCpus(2);
  }

  private static MapSpec spec(int entries) {
    return MapSpec.of("jumps", MapType.PROG_ARRAY, 4, 4, entries, 0);
  }

  private static VmProgram program(Vm vm, int result) {
    long[] insns = Assembler.assemble("r0 = " + result + "\nexit");
    return vm.load(Program.of("p", ProgramType.XDP, "GPL", insns, List.of()), List.of());
  }

  private static long word(VmMap map, long slot) {
    return Memory.getLongAcquire(map.address() + BpfArrayLayout.PTRS + 8 * slot);
  }

  /** How many words lie behind the header. */
  private static int room(Vm vm, VmMap map) {
    int words = 0;
    while (vm.machine()
        .addressSpace()
        .contains(map.address(), BpfArrayLayout.PTRS + 8 * (words + 1))) {
      words++;
    }
    return words;
  }

  @ParameterizedTest(name = "engine = \"{0}\"")
  @ValueSource(strings = {"jit", "jit-kernel"})
  @Check(18)
  void cachedTargetsLieBehindTheSlots(String engine) {
    try (Vm vm = open(engine, options());
        VmMap map = vm.createMap(spec(3));
        VmProgram p = program(vm, 1)) {
      assertThat(room(vm, map)).isEqualTo(6);
      for (int key = 0; key < 3; key++) {
        map.programArray().set(key, p);
        assertThat(word(map, 3 + key)).isEqualTo(p.tailCallEntry()).isNotZero();
        assertThat(map.programArray().remove(key)).isTrue();
      }
    }
  }

  @ParameterizedTest(name = "engine = \"{0}\"")
  @ValueSource(strings = {"jit", "jit-kernel"})
  @Check(19)
  void guardedArraysHaveRoomForMaskedIndexes(String engine) {
    try (Vm vm = open(engine, options().withGuardedMaps());
        VmMap map = vm.createMap(spec(3));
        VmProgram p = program(vm, 1)) {
      assertThat(room(vm, map)).isEqualTo(8);
      assertThat(Memory.getInt(map.address() + BpfMapLayout.MAX_ENTRIES)).isEqualTo(3);
      assertThat(Memory.getInt(map.address() + BpfArrayLayout.INDEX_MASK)).isEqualTo(3);
      map.programArray().set(2, p);
      assertThat(word(map, 5)).isEqualTo(p.tailCallEntry());
      assertThat(word(map, 6)).isZero();
    }
  }

  /** The index is masked before it is used, which changes nothing for those in bounds. */
  @ParameterizedTest(name = "engine = \"{0}\"")
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  @Check({19, 45})
  void tailCallsThroughGuardedArraysGoTheirWay(String engine) {
    AtomicInteger index = new AtomicInteger();
    VmOptions options =
        options()
            .withGuardedMaps()
            .withHelper("bpf_get_prandom_u32", (cpu, r1, r2, r3, r4, r5) -> index.get());
    try (Vm vm = open(engine, options);
        VmMap map = vm.createMap(spec(3));
        VmProgram p = program(vm, 1)) {
      long[] insns =
          Assembler.assemble(
              """
              r6 = r1
              call #7
              r3 = r0
              r1 = r6
              r2 = map[0]
              call #12
              r0 = 9
              exit
              """);
      Program caller = Program.of("c", ProgramType.XDP, "GPL", insns, List.of(map.spec()));
      map.programArray().set(2, p);
      try (VmProgram loaded = vm.load(caller, List.of(map))) {
        for (int i : new int[] {0, 1, 2, 3, 4, 6, 7, 1 << 31 | 2, -1}) {
          index.set(i);
          int result = loaded.testRun(TestRun.of(new byte[64])).retval();
          assertThat(result).as("index %d", i).isEqualTo(i == 2 ? 1 : 9);
        }
      }
    }
  }

  @Test
  @Check(value = 19, engine = "interp")
  void roomIsRoundedUpToAPowerOfTwo() {
    ProgArrayStorage guarded = new ProgArrayStorage(true, true);
    int[][] slots = {{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {65537, 131072}};
    for (int[] pair : slots) {
      assertThat(guarded.slots(spec(pair[0]))).isEqualTo(pair[1]);
      assertThat(guarded.blockSize(spec(pair[0]))).isEqualTo(BpfArrayLayout.PTRS + 16L * pair[1]);
    }
    assertThat(guarded.slots(spec(1 << 31))).isEqualTo(1L << 31);
    assertThat(guarded.slots(spec((1 << 31) + 1))).as("more than a u32 counts").isEqualTo(-1);
    assertThat(ProgArrayStorage.PLAIN.slots(spec(-1))).isEqualTo(0xffff_ffffL);
    try (Vm vm = open("interp", options().withGuardedMaps())) {
      assertThatThrownBy(() -> vm.createMap(spec((1 << 31) + 1))).hasMessageEndingWith("E2BIG");
    }
  }

  @ParameterizedTest(name = "engine = \"{0}\"")
  @ValueSource(strings = {"jit", "jit-kernel"})
  @Check(20)
  void cachedTargetsFollowTheSlots(String engine) {
    try (Vm vm = open(engine, options());
        VmMap map = vm.createMap(spec(3));
        VmProgram p = program(vm, 1);
        VmProgram q = program(vm, 2)) {
      ProgramArray array = map.programArray();
      array.set(1, p);
      assertSlot(engine, map, p);
      array.set(1, q);
      assertSlot(engine, map, q);
      array.remove(1);
      for (int i = 0; i < 6; i++) {
        assertThat(word(map, i)).isZero();
      }
    }
  }

  private static void assertSlot(String engine, VmMap map, VmProgram program) {
    assertThat(word(map, 1)).isEqualTo(program.block());
    assertThat(word(map, 4)).isEqualTo(program.tailCallEntry());
    if (engine.equals("jit-kernel")) {
      long entry = Memory.getLong(program.block() + BpfProgLayout.BPF_FUNC);
      assertThat(word(map, 4)).isEqualTo(entry + PROLOGUE);
    }
    for (int other : new int[] {0, 2, 3, 5}) {
      assertThat(word(map, other)).isZero();
    }
  }

  @Test
  @Check(
      value = {18, 20, 21},
      engine = "interp")
  void theInterpreterHasSlotsOnly() {
    try (Vm vm = open("interp", options());
        VmMap map = vm.createMap(spec(3));
        VmProgram p = program(vm, 1)) {
      assertThat(room(vm, map)).isEqualTo(3);
      map.programArray().set(2, p);
      assertThat(word(map, 2)).isEqualTo(p.block());
      map.programArray().remove(2);
      assertThat(word(map, 2)).isZero();
    }
  }

  private static final int UPDATES = 100_000;

  @ParameterizedTest(name = "engine = \"{0}\"")
  @ValueSource(strings = {"jit", "jit-kernel"})
  @Check(22)
  void underTheLockSlotAndTargetAgree(String engine) throws InterruptedException {
    try (Vm vm = open(engine, options());
        ProgArrayMap map = (ProgArrayMap) vm.createMap(spec(3));
        VmProgram p = program(vm, 1);
        VmProgram q = program(vm, 2)) {
      AtomicInteger working = new AtomicInteger(2);
      Runnable updater =
          () -> {
            for (int i = 0; i < UPDATES; i++) {
              assertThat(map.set(1, (i & 1) == 0 ? p : q)).isZero();
            }
            working.decrementAndGet();
          };
      List<Thread> threads =
          List.of(Thread.ofPlatform().start(updater), Thread.ofPlatform().start(updater));
      long[] looks = new long[3];
      while (working.get() > 0 && threads.stream().anyMatch(Thread::isAlive)) {
        map.locked(() -> {
          long block = word(map, 1);
          VmProgram there = block == 0 ? null : block == p.block() ? p : q;
          assertThat(block).isEqualTo(there == null ? 0 : there.block());
          assertThat(word(map, 4)).isEqualTo(there == null ? 0 : there.tailCallEntry());
          looks[there == null ? 0 : there == p ? 1 : 2]++;
        });
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(working).as("updaters that failed").hasValue(0);
      assertThat(looks[1] + looks[2]).isPositive();
      assertThat(p.membership().slots() + q.membership().slots()).isEqualTo(1);
    }
  }
}

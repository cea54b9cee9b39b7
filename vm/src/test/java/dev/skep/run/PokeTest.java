package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.TestRun;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.jit.MachineCode;
import dev.skep.map.PokeUser;
import dev.skep.map.ProgArrayMap;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import dev.skep.program.layout.BpfProgLayout;
import dev.skep.testing.Check;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Direct tail calls of the kernel layout in live code, from loading to unloading. */
@Timeout(600)
class PokeTest {
  /** Changes of a slot under load; the whole check by -Dskep.poke.changes=1000000. */
  private static final int CHANGES = Integer.getInteger("skep.poke.changes", 200);

  private static final int LOADS = 100;
  private static final int UNLOADS = 30;
  private static final int FALL_THROUGH = 1;
  private static final int GET_PRANDOM_U32 = 7;
  private static final int GET_NUMA_NODE_ID = 42;
  private static final byte[] PACKET = new byte[64];
  private static final String EMPTY_BYPASS = "e90b000000";
  private static final String NOP = "0f1f440000";

  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private LongSupplier insideRun = () -> 0;
  private Optional<Vm> opened = Optional.empty();
  private Optional<ProgArrayMap> created = Optional.empty();

  @BeforeEach
  void open() {
    VmOptions options =
        VmOptions.ofCpus(4)
            .withHelper(
                GET_PRANDOM_U32,
                (cpu, r1, r2, r3, r4, r5) -> {
                  inside.countDown();
                  await(goOn);
                  return 9;
                })
            .withHelper(GET_NUMA_NODE_ID, (cpu, r1, r2, r3, r4, r5) -> insideRun.getAsLong());
    try {
      opened = Optional.of(Vm.jitKernel(options));
    } catch (UnsupportedException missing) {
      Assumptions.abort(String.valueOf(missing.getMessage()));
    }
    created =
        Optional.of(
            (ProgArrayMap) vm().createMap(MapSpec.of("jmp", MapType.PROG_ARRAY, 4, 4, 3, 0)));
  }

  @AfterEach
  void close() {
    created.ifPresent(ProgArrayMap::close);
    opened.ifPresent(Vm::close);
  }

  private Vm vm() {
    return opened.orElseThrow();
  }

  private ProgArrayMap array() {
    return created.orElseThrow();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private VmProgram callee(int answer) {
    return callee(vm(), answer);
  }

  private static VmProgram callee(Vm vm, int answer) {
    long[] insns = Assembler.assemble("r0 = " + answer + "\nexit");
    return vm.load(Program.of("callee", ProgramType.XDP, "GPL", insns, List.of()), List.of());
  }

  /** A direct tail call through slot 1, and {@link #FALL_THROUGH}. */
  private VmProgram caller() {
    return caller(vm(), array());
  }

  private static VmProgram caller(Vm vm, ProgArrayMap array) {
    long[] insns =
        Assembler.assemble(
            """
            r2 = map[0]
            r3 = 1
            call #12
            r0 = 1
            exit
            """);
    List<MapSpec> maps = List.of(array.spec());
    return vm.load(Program.of("caller", ProgramType.XDP, "GPL", insns, maps), List.of(array));
  }

  private static int run(VmProgram program) {
    return program.testRun(TestRun.of(PACKET)).retval();
  }

  /** The five bytes of both places of a program's only direct tail call. */
  private record Site(String bypass, String target) {
    static Site of(VmProgram program) {
      MachineCode code = program.machineCode().orElseThrow();
      MachineCode.PokeSite poke = code.pokes().getFirst();
      assertThat(code.pokes()).hasSize(1);
      byte[] bytes = code.bytes();
      return new Site(
          HexFormat.of().formatHex(bytes, poke.bypass(), poke.bypass() + 5),
          HexFormat.of().formatHex(bytes, poke.target(), poke.target() + 5));
    }

    static Site leadingTo(VmProgram caller, VmProgram callee) {
      MachineCode code = caller.machineCode().orElseThrow();
      long next = image(caller) + code.pokes().getFirst().target() + 5;
      int distance = (int) (image(callee) + 12 - next);
      byte[] jump =
          ByteBuffer.allocate(5)
              .order(ByteOrder.LITTLE_ENDIAN)
              .put((byte) 0xe9)
              .putInt(distance)
              .array();
      return new Site(NOP, HexFormat.of().formatHex(jump));
    }
  }

  private static final Site EMPTY = new Site(EMPTY_BYPASS, NOP);

  /** bpf_func. */
  private static long image(VmProgram program) {
    return Memory.getLong(program.block() + BpfProgLayout.BPF_FUNC);
  }

  @Test
  @Check(
      value = {84, 85},
      engine = "jit-kernel")
  void theTextFollowsTheSlot() {
    try (VmProgram p = callee(7);
        VmProgram q = callee(8);
        VmProgram caller = caller()) {
      assertThat(Site.of(caller)).isEqualTo(EMPTY);
      assertThat(run(caller)).isEqualTo(FALL_THROUGH);
      assertThat(array().set(1, p)).isZero();
      assertThat(Site.of(caller)).isEqualTo(Site.leadingTo(caller, p));
      assertThat(run(caller)).isEqualTo(7);
      assertThat(array().set(1, q)).isZero();
      assertThat(Site.of(caller)).isEqualTo(Site.leadingTo(caller, q));
      assertThat(run(caller)).isEqualTo(8);
      assertThat(array().set(1, q)).isZero(); // the same again
      assertThat(array().set(0, p)).isZero(); // another slot
      assertThat(Site.of(caller)).isEqualTo(Site.leadingTo(caller, q));
      assertThat(array().unset(1)).isZero();
      assertThat(Site.of(caller)).isEqualTo(EMPTY);
      assertThat(run(caller)).isEqualTo(FALL_THROUGH);
    }
  }

  /** A helper that changes the array, then the tail call, then what the helper gave. */
  @Test
  void runsMayFillASlotButNotEmptyIt() {
    String text =
        """
        r6 = r1
        call #42
        r7 = r0
        r1 = r6
        r2 = map[0]
        r3 = 1
        call #12
        r0 = r7
        exit
        """;
    long[] insns = Assembler.assemble(text);
    Program program = Program.of("changer", ProgramType.XDP, "GPL", insns, List.of(array().spec()));
    try (VmProgram p = callee(7);
        VmProgram changer = vm().load(program, List.of(array()))) {
      insideRun = () -> array().unset(1);
      assertThat(run(changer)).isEqualTo(-Errno.ENOENT);
      insideRun = () -> array().set(1, p);
      assertThat(run(changer)).isEqualTo(7); // by the patched jump
      long[] result = new long[1];
      insideRun = () -> result[0] = array().unset(1);
      assertThat(run(changer)).isEqualTo(7);
      assertThat(result[0]).isEqualTo(-Errno.EDEADLK);
      assertThat(array().unset(1)).isZero();
      assertThat(Site.of(changer).target()).isEqualTo(NOP);
    }
  }

  @Test
  @Check(value = 90, engine = "jit-kernel")
  void aDescriptorThatIsNotStableIsPassedBy() {
    try (VmProgram p = callee(7);
        VmProgram q = callee(8);
        VmProgram caller = caller()) {
      // As while it is compiled: the program has the array, but its sites do not follow yet.
      PokeUser sites = caller.executable().pokes().getFirst().user();
      array().untrack(sites, () -> {});
      assertThat(array().set(1, p)).isZero();
      assertThat(array().set(1, q)).isZero();
      assertThat(array().get(1)).isSameAs(q);
      assertThat(Site.of(caller)).isEqualTo(EMPTY);
      assertThat(run(caller)).isEqualTo(FALL_THROUGH);
      array().track(sites);
      assertThat(Site.of(caller)).isEqualTo(Site.leadingTo(caller, q));
      assertThat(run(caller)).isEqualTo(8);
    }
  }

  @Test
  @Check(value = 91, engine = "jit-kernel")
  void programsLoadedDuringUpdatesAreNeverStale() throws Exception {
    try (VmProgram p = callee(7);
        VmProgram q = callee(8);
        ExecutorService threads = Executors.newSingleThreadExecutor()) {
      for (int i = 0; i < LOADS; i++) {
        int load = i;
        Future<?> updater = threads.submit(() -> changes(20 + load % 3, p, q));
        try (VmProgram caller = caller()) {
          updater.get();
          Object now = array().get(1);
          assertThat(Site.of(caller))
              .isEqualTo(now == null ? EMPTY : Site.leadingTo(caller, now == p ? p : q));
          assertThat(run(caller)).isEqualTo(now == null ? FALL_THROUGH : now == p ? 7 : 8);
        }
      }
    }
  }

  /** Slot 1 becomes p, q, empty, and so on. */
  private void changes(int count, VmProgram p, VmProgram q) {
    for (int i = 0; i < count; i++) {
      long result =
          switch (i % 3) {
            case 0 -> array().set(1, p);
            case 1 -> array().set(1, q);
            default -> array().unset(1);
          };
      if (result != 0 && result != -Errno.ENOENT) {
        throw new IllegalStateException("change " + i + ": " + result);
      }
    }
  }

  @Test
  @Check(value = 92, engine = "jit-kernel")
  void nothingIsWrittenToTheTextOfUnloadedPrograms() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    try (VmProgram p = callee(7);
        VmProgram q = callee(8);
        ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Future<?> updater =
          threads.submit(() -> {
            while (!stop.get()) {
              changes(3, p, q);
            }
          });
      for (int i = 0; i < UNLOADS; i++) {
        VmProgram caller = caller();
        long image = image(caller);
        int length = caller.codeBytes();
        run(caller);
        long used = vm().codeBytes();
        caller.close();
        awaitFreed(used);
        for (int round = 0; round < 3; round++) {
          Thread.onSpinWait();
          assertBreakpoints(image, length);
        }
      }
      stop.set(true);
      updater.get();
    }
  }

  /** An unload may wait for a change that is under way. */
  private void awaitFreed(long used) throws InterruptedException {
    while (vm().codeBytes() >= used) {
      Thread.sleep(1);
      vm().machine().gracePeriods().synchronize();
    }
  }

  private static void assertBreakpoints(long image, int length) {
    byte[] bytes = new byte[length];
    Memory.copy(image, bytes, 0, length);
    byte[] free = new byte[length];
    Arrays.fill(free, (byte) 0xcc);
    assertThat(bytes).isEqualTo(free);
  }

  @Test
  @Check(value = 93, engine = "jit-kernel")
  void aCalleeOutlivesTheRunThatIsInIt() throws Exception {
    long[] insns = Assembler.assemble("call #" + GET_PRANDOM_U32 + "\nexit");
    VmProgram p =
        vm().load(Program.of("slow", ProgramType.XDP, "GPL", insns, List.of()), List.of());
    try (VmProgram caller = caller();
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      assertThat(array().set(1, p)).isZero();
      long image = image(p);
      int length = p.codeBytes();
      byte[] before = p.machineCode().orElseThrow().bytes();
      long used = vm().codeBytes();
      Future<Integer> run = threads.submit(() -> run(caller));
      inside.await();
      Future<Long> removal = threads.submit(() -> array().unset(1));
      p.close();
      while (!Site.of(caller).bypass().equals(EMPTY_BYPASS)) {
        Thread.onSpinWait();
      }
      // The removal is in its grace period: the jump and where it leads are still there.
      Thread.sleep(20);
      assertThat(removal.isDone()).isFalse();
      assertThat(Site.of(caller).target()).startsWith("e9");
      byte[] now = new byte[length];
      Memory.copy(image, now, 0, length);
      assertThat(now).isEqualTo(before);
      assertThat(vm().codeBytes()).isEqualTo(used);
      goOn.countDown();
      assertThat(run.get()).isEqualTo(9);
      assertThat(removal.get()).isZero();
      awaitFreed(used);
      assertBreakpoints(image, length);
      assertThat(run(caller)).isEqualTo(FALL_THROUGH);
    }
  }

  /** One signal handler and one lock serve all runtimes, those that are closed meanwhile too. */
  @Test
  void runtimesComeAndGo() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<?>> users = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        users.add(
            threads.submit(() -> {
              for (int round = 0; round < 5; round++) {
                useOnce();
              }
            }));
      }
      for (Future<?> user : users) {
        user.get();
      }
    }
  }

  private static void useOnce() {
    MapSpec spec = MapSpec.of("jmp", MapType.PROG_ARRAY, 4, 4, 3, 0);
    try (Vm vm = Vm.jitKernel(VmOptions.ofCpus(1));
        ProgArrayMap array = (ProgArrayMap) vm.createMap(spec);
        VmProgram callee = callee(vm, 7);
        VmProgram caller = caller(vm, array)) {
      for (int change = 0; change < 20; change++) {
        assertThat(change % 2 == 0 ? array.set(1, callee) : array.unset(1)).isZero();
        assertThat(run(caller)).isEqualTo(change % 2 == 0 ? 7 : FALL_THROUGH);
      }
    }
  }

  @Test
  @Check(value = 94, engine = "jit-kernel")
  void runnersSeeTheCalleeOrTheFallThrough() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong taken = new AtomicLong();
    AtomicLong fallen = new AtomicLong();
    try (VmProgram p = callee(7);
        VmProgram caller = caller();
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> runners = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        runners.add(
            threads.submit(() -> {
              while (!stop.get()) {
                int result = caller.testRun(TestRun.of(PACKET).withRepeat(200)).retval();
                switch (result) {
                  case 7 -> taken.incrementAndGet();
                  case FALL_THROUGH -> fallen.incrementAndGet();
                  default -> throw new IllegalStateException("retval " + result);
                }
              }
            }));
      }
      // On a busy machine the runners may come late.
      for (int i = 0; i < CHANGES || taken.get() == 0 || fallen.get() == 0; i += 2) {
        assertThat(array().set(1, p)).isZero();
        assertThat(array().unset(1)).isZero();
        assertThat(runners).noneMatch(Future::isDone);
      }
      stop.set(true);
      for (Future<?> runner : runners) {
        runner.get();
      }
      assertThat(Site.of(caller)).isEqualTo(EMPTY);
    }
  }
}

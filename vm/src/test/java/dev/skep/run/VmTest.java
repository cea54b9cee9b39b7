package dev.skep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.btf.Btf;
import dev.skep.btf.BtfKind;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.isa.Assembler;
import dev.skep.map.RingbufMap;
import dev.skep.map.VmMap;
import dev.skep.program.Helpers;
import dev.skep.program.KernelTypes;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engines as a whole, and from several threads. */
class VmTest {
  private static final byte[] PACKET = new byte[64];

  private static final Assembler.Symbols SYMBOLS =
      new Assembler.Symbols() {
        @Override
        public int helper(String name) {
          for (int id = 1; id < Helpers.COUNT; id++) {
            if (name.equals(Helpers.name(id))) {
              return id;
            }
          }
          return -1;
        }

        @Override
        public int map(String name) {
          return -1;
        }
      };

  private static Vm vm(String engine, VmOptions options) {
    return switch (engine) {
      case "jit" -> TestVms.jit(options);
      case "jit-kernel" -> TestVms.jitKernel(options);
      default -> Vm.interp(options);
    };
  }

  private static VmProgram load(Vm vm, ProgramType type, String text, VmMap... maps) {
    List<MapSpec> specs = Arrays.stream(maps).map(VmMap::spec).toList();
    long[] insns = Assembler.assemble(text, SYMBOLS);
    return vm.load(Program.of("test", type, "GPL", insns, specs), List.of(maps));
  }

  private static byte[] u32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static long u64(byte[] bytes, int at) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(at);
  }

  /** Runs {@code body} in several threads at once and waits for all. */
  private static void inThreads(int threads, java.util.function.IntConsumer body)
      throws InterruptedException {
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    CountDownLatch done = new CountDownLatch(threads);
    for (int t = 0; t < threads; t++) {
      int number = t;
      new Thread(
              () -> {
                try {
                  body.accept(number);
                } catch (RuntimeException | Error thrown) {
                  failures.add(thrown);
                } finally {
                  done.countDown();
                }
              })
          .start();
    }
    done.await();
    assertThat(failures).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void perCpuCountersLoseNothing(String engine) throws InterruptedException {
    try (Vm vm = vm(engine, VmOptions.ofCpus(3));
        VmMap counters = vm.createMap(MapSpec.of("c", MapType.PERCPU_ARRAY, 4, 8, 1, 0));
        VmProgram program =
            load(
                vm,
                ProgramType.XDP,
                """
                *(u32 *)(r10 -4) = 0
                r1 = map[0]
                r2 = r10
                r2 += -4
                call bpf_map_lookup_elem#1
                if r0 == 0x0 goto out
                r1 = *(u64 *)(r0 +0)
                r1 += 1
                *(u64 *)(r0 +0) = r1
                out: r0 = 2
                exit
                """,
                counters)) {
      inThreads(
          8,
          number -> {
            for (int i = 0; i < 20; i++) {
              program.testRun(TestRun.of(PACKET).withRepeat(500));
            }
          });
      byte[] values = Objects.requireNonNull(counters.lookup(u32(0)));
      long sum = u64(values, 0) + u64(values, 8) + u64(values, 16);
      assertThat(sum).isEqualTo(8 * 20 * 500);
    }
  }

  /** Programs update and delete keys while Java reads, updates and iterates. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void hashUnderProgramsAndJava(String engine) throws InterruptedException {
    String text =
        """
        call bpf_get_prandom_u32#7
        w0 &= 31
        *(u32 *)(r10 -4) = r0
        r1 = 0x0001000100010001 ll
        r0 *= r1
        *(u64 *)(r10 -16) = r0
        call bpf_get_prandom_u32#7
        w0 &= 3
        if w0 == 0 goto delete
        r1 = map[0]
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        call bpf_map_update_elem#2
        goto look
        delete: r1 = map[0]
        r2 = r10
        r2 += -4
        call bpf_map_delete_elem#3
        look: r1 = map[0]
        r2 = r10
        r2 += -4
        call bpf_map_lookup_elem#1
        if r0 == 0 goto out
        r0 = *(u64 *)(r0 +0)
        out: r0 = 1
        exit
        """;
    for (MapType type : new MapType[] {MapType.HASH, MapType.LRU_HASH}) {
      try (Vm vm = vm(engine, VmOptions.ofCpus(2));
          VmMap map = vm.createMap(MapSpec.of("m", type, 4, 8, 32, 0));
          VmProgram program = load(vm, ProgramType.XDP, text, map)) {
        inThreads(4, number -> work(number, map, program));
        int seen = 0;
        for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
          seen++;
        }
        assertThat(map.elementCount()).isEqualTo(seen);
      }
    }
  }

  private static void work(int number, VmMap map, VmProgram program) {
    for (int i = 0; i < 3_000; i++) {
      if (number < 2) {
        assertThat(program.testRun(TestRun.of(PACKET).withRepeat(10)).retval()).isEqualTo(1);
        continue;
      }
      byte[] key = u32(i & 31);
      byte[] value = map.lookup(key);
      if (value != null) {
        assertThat(u64(value, 0)).isEqualTo((i & 31) * 0x0001000100010001L);
      }
      byte[] next = map.nextKey(key);
      assertThat(next == null || next[0] < 32).isTrue();
    }
  }

  /** Each producer's records arrive complete and in order. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void ringBufferProducersAndConsumer(String engine) throws InterruptedException {
    try (Vm vm = vm(engine, VmOptions.ofCpus(3));
        VmMap ring = vm.createMap(MapSpec.of("r", MapType.RINGBUF, 0, 0, 4096, 0));
        VmMap sequence = vm.createMap(MapSpec.of("s", MapType.PERCPU_ARRAY, 4, 8, 1, 0));
        VmProgram program = load(vm, ProgramType.XDP, PRODUCER, ring, sequence)) {
      AtomicBoolean over = new AtomicBoolean();
      AtomicInteger sent = new AtomicInteger();
      List<long[]> received = new ArrayList<>();
      Thread consumer =
          new Thread(() -> {
            while (true) {
              boolean last = over.get();
              int count =
                  ((RingbufMap) ring)
                      .poll(
                          Duration.ofMillis(last ? 0 : 50),
                          record -> {
                            received.add(new long[] {u64(record, 0), u64(record, 8)});
                            return true;
                          });
              if (last && count == 0) {
                return;
              }
            }
          });
      consumer.start();
      inThreads(
          3,
          number -> {
            for (int i = 0; i < 2_000; i++) {
              sent.addAndGet(program.testRun(TestRun.of(PACKET)).retval());
            }
          });
      over.set(true);
      consumer.join();
      assertThat(received).hasSize(sent.get());
      assertThat(sent.get()).isGreaterThan(100);
      long[] next = new long[3];
      for (long[] record : received) {
        assertThat(record[1]).isGreaterThanOrEqualTo(next[(int) record[0]]);
        next[(int) record[0]] = record[1] + 1;
      }
    }
  }

  private static final String PRODUCER =
      """
      *(u32 *)(r10 -4) = 0
      r1 = map[1]
      r2 = r10
      r2 += -4
      call bpf_map_lookup_elem#1
      if r0 == 0 goto full
      r7 = *(u64 *)(r0 +0)
      r1 = r7
      r1 += 1
      *(u64 *)(r0 +0) = r1
      r1 = map[0]
      r2 = 40
      r3 = 0
      call bpf_ringbuf_reserve#131
      if r0 == 0 goto full
      r6 = r0
      call bpf_get_smp_processor_id#8
      *(u64 *)(r6 +0) = r0
      *(u64 *)(r6 +8) = r7
      r1 = r6
      r2 = 0
      call bpf_ringbuf_submit#132
      r0 = 1
      exit
      full: r0 = 0
      exit
      """;

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void tailCallsStopAtTheLimit(String engine) {
    String text =
        """
        r6 = r1
        *(u32 *)(r10 -4) = 0
        r1 = map[1]
        r2 = r10
        r2 += -4
        call bpf_map_lookup_elem#1
        if r0 == 0 goto out
        r1 = *(u64 *)(r0 +0)
        r1 += 1
        *(u64 *)(r0 +0) = r1
        r1 = r6
        r2 = map[0]
        r3 = 0
        call bpf_tail_call#12
        out: r0 = 7
        exit
        """;
    try (Vm vm = vm(engine, VmOptions.ofCpus(1));
        VmMap array = vm.createMap(MapSpec.of("p", MapType.PROG_ARRAY, 4, 4, 2, 0));
        VmMap count = vm.createMap(MapSpec.of("n", MapType.ARRAY, 4, 8, 1, 0));
        VmProgram program = load(vm, ProgramType.XDP, text, array, count)) {
      assertThat(array.lookup(u32(0))).isNull();
      array.update(u32(0), u32(program.id()), 0);
      assertThat(array.lookup(u32(0))).isEqualTo(u32(program.id()));
      assertThat(program.testRun(TestRun.of(PACKET)).retval()).isEqualTo(7);
      byte[] runs = Objects.requireNonNull(count.lookup(u32(0)));
      assertThat(u64(runs, 0)).isEqualTo(34);
      assertErrno(Errno.EINVAL, () -> array.update(u32(0), u32(program.id()), 1));
      assertErrno(Errno.E2BIG, () -> array.update(u32(2), u32(program.id()), 0));
      array.delete(u32(0));
      assertErrno(Errno.ENOENT, () -> array.delete(u32(0)));
      assertErrno(Errno.E2BIG, () -> array.delete(u32(2)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void aProgramArrayHasOneKindOfPrograms(String engine) {
    try (Vm vm = vm(engine, VmOptions.ofCpus(1));
        VmMap array = vm.createMap(MapSpec.of("p", MapType.PROG_ARRAY, 4, 4, 2, 0));
        VmProgram xdp = load(vm, ProgramType.XDP, "r0 = 1\nexit");
        VmProgram cls = load(vm, ProgramType.SCHED_CLS, "r0 = 1\nexit")) {
      array.update(u32(0), u32(xdp.id()), 0);
      assertErrno(Errno.EINVAL, () -> array.update(u32(1), u32(cls.id()), 0));
      array.delete(u32(0));
      assertErrno(Errno.EINVAL, () -> array.update(u32(1), u32(cls.id()), 0));
    }
  }

  /** A slot is replaced, emptied and its program closed while others run through it. */
  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void slotsChangeUnderRunners(String engine) throws InterruptedException {
    String caller =
        """
        r2 = map[0]
        r3 = 0
        call bpf_tail_call#12
        r0 = 3
        exit
        """;
    try (Vm vm = vm(engine, VmOptions.ofCpus(2));
        VmMap array = vm.createMap(MapSpec.of("p", MapType.PROG_ARRAY, 4, 4, 1, 0));
        VmProgram program = load(vm, ProgramType.XDP, caller, array)) {
      AtomicBoolean over = new AtomicBoolean();
      inThreads(
          3,
          number -> {
            if (number == 0) {
              toggle(vm, array);
              over.set(true);
              return;
            }
            while (!over.get()) {
              int retval = program.testRun(TestRun.of(PACKET).withRepeat(50)).retval();
              assertThat(retval).isIn(1, 2, 3);
            }
          });
      assertThat(program.testRun(TestRun.of(PACKET)).retval()).isEqualTo(3);
    }
  }

  private static void toggle(Vm vm, VmMap array) {
    for (int i = 0; i < 300; i++) {
      VmProgram one = load(vm, ProgramType.XDP, "r0 = 1\nexit");
      array.update(u32(0), u32(one.id()), 0);
      one.close();
      VmProgram two = load(vm, ProgramType.XDP, "r0 = 2\nexit");
      array.update(u32(0), u32(two.id()), 0);
      two.close();
      array.delete(u32(0));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void batchesEqualSingleRuns(String engine) {
    String text =
        """
        r2 = *(u32 *)(r1 +0)
        r3 = *(u32 *)(r1 +4)
        r4 = r2
        r4 += 15
        r0 = 0
        if r4 > r3 goto out
        r0 = *(u8 *)(r2 +14)
        out: exit
        """;
    String socket =
        """
        r6 = r1
        r7 = *(u32 *)(r6 +0)
        r0 = *(u8 *)skb[0]
        r0 += r7
        exit
        """;
    try (Vm vm = vm(engine, VmOptions.ofCpus(1));
        VmProgram xdp = load(vm, ProgramType.XDP, text);
        VmProgram cls = load(vm, ProgramType.SCHED_CLS, socket)) {
      for (VmProgram program : List.of(xdp, cls)) {
        compareBatch(program);
      }
    }
  }

  private static void compareBatch(VmProgram program) {
    PacketBatch batch = new PacketBatch();
    for (int i = 0; i < 300; i++) {
      byte[] packet = new byte[14 + i % 100];
      if (packet.length > 14) {
        packet[14] = (byte) i;
      }
      batch.add(packet);
    }
    program.run(batch);
    for (int i = 0; i < 300; i++) {
      int alone = program.testRun(TestRun.of(batch.packet(i))).retval();
      assertThat(batch.retval(i)).as("packet %d", i).isEqualTo(alone);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void helpersInJava(String engine) {
    VmOptions options =
        VmOptions.ofCpus(1)
            .withHelper("bpf_get_numa_node_id", (cpu, r1, r2, r3, r4, r5) -> 41 + cpu.number());
    try (Vm vm = vm(engine, options);
        VmProgram program =
            load(vm, ProgramType.XDP, "call bpf_get_numa_node_id#42\nr0 += 1\nexit")) {
      assertThat(program.testRun(TestRun.of(PACKET)).retval()).isEqualTo(42);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void aRunInsideARun(String engine) {
    List<VmProgram> inner = new ArrayList<>();
    VmOptions options =
        VmOptions.ofCpus(1)
            .withHelper(
                "bpf_get_numa_node_id",
                (cpu, r1, r2, r3, r4, r5) -> {
                  byte[] other = new byte[64];
                  other[20] = 9;
                  return inner.get(0).testRun(TestRun.of(other)).retval();
                });
    String text =
        """
        r6 = *(u32 *)(r1 +0)
        r7 = *(u32 *)(r1 +4)
        r8 = r6
        r8 += 21
        if r8 > r7 goto out
        call bpf_get_numa_node_id#42
        r1 = *(u8 *)(r6 +20)
        r1 *= 100
        r0 += r1
        exit
        out: r0 = 0
        exit
        """;
    String reader =
        """
        r2 = *(u32 *)(r1 +0)
        r3 = *(u32 *)(r1 +4)
        r4 = r2
        r4 += 21
        r0 = 0
        if r4 > r3 goto out
        r0 = *(u8 *)(r2 +20)
        out: exit
        """;
    try (Vm vm = vm(engine, options);
        VmProgram read = load(vm, ProgramType.XDP, reader);
        VmProgram program = load(vm, ProgramType.XDP, text)) {
      inner.add(read);
      byte[] packet = new byte[64];
      packet[20] = 5;
      assertThat(program.testRun(TestRun.of(packet)).retval()).isEqualTo(509);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void aHelperThatIsMissingIsNamedAtLoad(String engine) {
    String text =
        """
        r0 = 0
        *(u64 *)(r10 - 8) = r0
        *(u64 *)(r10 - 16) = r0
        *(u64 *)(r10 - 24) = r0
        *(u64 *)(r10 - 32) = r0
        *(u64 *)(r10 - 40) = r0
        r1 = r10
        r1 += -40
        r2 = r10
        r2 += -20
        r3 = 20
        call bpf_tcp_raw_gen_syncookie_ipv4
        r0 = 0
        exit
        """;
    try (Vm vm = vm(engine, VmOptions.ofCpus(1))) {
      assertThatThrownBy(() -> load(vm, ProgramType.XDP, text))
          .isInstanceOf(UnsupportedException.class)
          .hasMessageContaining("bpf_tcp_raw_gen_syncookie_ipv4");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void traceLinesGoToTheSink(String engine) {
    List<String> lines = new ArrayList<>();
    String text =
        """
        r1 = 0x000a642520736968 ll
        *(u64 *)(r10 -8) = r1
        r1 = r10
        r1 += -8
        r2 = 8
        r3 = -5
        call bpf_trace_printk#6
        exit
        """;
    try (Vm vm = vm(engine, VmOptions.ofCpus(1).withTrace(lines::add));
        VmProgram program = load(vm, ProgramType.XDP, text)) {
      assertThat(program.testRun(TestRun.of(PACKET)).retval()).isEqualTo(7);
      assertThat(lines).containsExactly("his -5\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"interp", "jit", "jit-kernel"})
  void currentTask(String engine) throws IOException {
    Path types = Path.of("/sys/kernel/btf/vmlinux");
    Assumptions.assumeTrue(Files.isReadable(types), "no BTF of a kernel");
    Btf btf = Btf.parse(Files.readAllBytes(types));
    KernelTypes kernel = KernelTypes.of(btf);
    int task = btf.find("task_struct", BtfKind.STRUCT);
    int member = 0;
    while (!btf.string(btf.memberNameOffset(task, member)).equals("tgid")) {
      member++;
    }
    int tgid = btf.memberBitOffset(task, member) / 8;
    try (Vm vm = vm(engine, VmOptions.ofCpus(1).withKernel(kernel));
        VmMap out = vm.createMap(MapSpec.of("out", MapType.ARRAY, 4, 8, 1, 0));
        VmProgram program =
            load(
                vm,
                ProgramType.RAW_TRACEPOINT,
                """
                call bpf_get_current_task
                r3 = r0
                r3 += OFFSET
                r1 = map[0][0]
                r2 = 4
                call bpf_probe_read_kernel
                exit
                """
                    .replace("OFFSET", String.valueOf(tgid)),
                out)) {
      assertThat(program.testRun(new TestRun(null, null, 1, -1, -1, 0, 0, 0)).retval()).isZero();
      int pid = (int) ProcessHandle.current().pid();
      assertThat(out.lookup(u32(0))).isEqualTo(Arrays.copyOf(u32(pid), 8));
    }
  }

  private static void assertErrno(int errno, Runnable operation) {
    assertThatThrownBy(operation::run)
        .isInstanceOfSatisfying(
            BpfErrnoException.class, refused -> assertThat(refused.errno()).isEqualTo(errno));
  }
}

package dev.skep.tests.engines;

import static dev.skep.tests.engines.Engines.packet;
import static dev.skep.tests.engines.Engines.u32;
import static dev.skep.tests.engines.Engines.u64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.PerfBuffer;
import dev.skep.engine.PreparedRun;
import dev.skep.engine.RingBuffer;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.engine.UserRingBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.MalformedException;
import dev.skep.errors.RejectedException;
import dev.skep.isa.InsnWord;
import dev.skep.object.BpfObject;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** One object, loaded and used through the interfaces of package engine: the same everywhere. */
@ParameterizedClass
@ValueSource(strings = {"interp", "jit", "jit-kernel", "arm64", "linux"})
final class EnginesTest {
  private static final int XDP_ABORTED = 0;
  private static final int XDP_DROP = 1;
  private static final int XDP_PASS = 2;
  private static final int XDP_TX = 3;
  private static final int XDP_REDIRECT = 4;
  private static final Duration LONG = Duration.ofSeconds(10);

  private final Engine engine;

  EnginesTest(String name) {
    engine = Engines.open(name);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private LoadedObject load() {
    return engine.load(Engines.object());
  }

  private static int retval(LoadedObject loaded, String program, byte[] packet) {
    return loaded.program(program).testRun(TestRun.of(packet)).retval();
  }

  @Test
  void variablesBeforeAndAfterLoading() {
    BpfObject object = Engines.object();
    object.set("limit", 20);
    object.set("total", 1000);
    object.set("lengths", u32(1, 2, 3, 4));
    try (LoadedObject loaded = engine.load(object)) {
      assertThat(retval(loaded, "count", packet(1, 20))).isEqualTo(XDP_PASS);
      assertThat(retval(loaded, "count", packet(2, 21))).isEqualTo(XDP_DROP);
      assertThat(loaded.variable("seen").getLong()).isEqualTo(2);
      assertThat(loaded.variable("total").getLong()).isEqualTo(1041);
      assertThat(loaded.variable("lengths").get()).isEqualTo(u32(1, 20, 21, 4));
      assertThat(loaded.variable("limit").getLong()).isEqualTo(20);
      loaded.variable("seen").set(u64(100));
      retval(loaded, "count", packet(1, 20));
      assertThat(loaded.variable("seen").getLong()).isEqualTo(101);
      assertThat(loaded.variable("lengths").get()).isEqualTo(u32(1, 20, 21, 4));
      assertErrno(Errno.EPERM, () -> loaded.variable("limit").set(u32(5)));
      assertThatThrownBy(() -> loaded.variable("nothing"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void programsFillMaps() {
    try (LoadedObject loaded = load()) {
      for (int i = 0; i < 6; i++) {
        retval(loaded, "count", packet(i % 3, 60));
      }
      BpfMap flows = loaded.map("flows");
      for (int i = 0; i < 3; i++) {
        assertThat(flows.lookup(u32(i))).isEqualTo(u64(2));
      }
      assertThat(flows.lookup(u32(3))).isNull();
      byte[] perCpu = Objects.requireNonNull(loaded.map("per_cpu").lookup(u32(0)));
      assertThat(perCpu).hasSize(8 * engine.cpus());
      assertThat(sum(perCpu)).isEqualTo(6);
    }
  }

  private static long sum(byte[] values) {
    ByteBuffer longs = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
    long sum = 0;
    while (longs.hasRemaining()) {
      sum += longs.getLong();
    }
    return sum;
  }

  @Test
  void ringBuffers() {
    try (LoadedObject loaded = load();
        RingBuffer ring = loaded.map("events").ringBuffer()) {
      List<byte[]> records = new ArrayList<>();
      RingBuffer.Consumer all = records::add;
      assertThat(ring.consume(all)).isZero();
      assertThat(ring.poll(Duration.ofMillis(1), all)).isZero();
      retval(loaded, "count", packet(1, 60));
      retval(loaded, "count", packet(1, 200));
      assertThat(ring.poll(LONG, all)).isEqualTo(2);
      assertThat(records.get(0))
          .isEqualTo(ByteBuffer.allocate(16).put(u64(1)).put(u32(60, 2)).array());
      assertThat(records.get(1))
          .isEqualTo(ByteBuffer.allocate(16).put(u64(2)).put(u32(200, 1)).array());
      // 24 bytes a record: the ring is full after 170, and goes on when it was read.
      loaded.program("count").testRun(TestRun.of(packet(1, 60)).withRepeat(500));
      List<Long> numbers = new ArrayList<>();
      ring.consume(record -> numbers.add(Engines.number(Arrays.copyOf(record, 8))));
      assertThat(numbers).hasSize(170).startsWith(3L).endsWith(172L);
      retval(loaded, "count", packet(1, 60));
      retval(loaded, "count", packet(1, 60));
      records.clear();
      assertThat(ring.consume(record -> !records.add(record))).isEqualTo(1);
      assertThat(ring.consume(all)).isEqualTo(1);
      assertThat(Engines.number(Arrays.copyOf(records.get(1), 8))).isEqualTo(504);
      assertErrno(Errno.ENOTSUPP, () -> loaded.map("events").lookup(new byte[0]));
    }
  }

  @Test
  void perfBuffers() {
    try (LoadedObject loaded = load()) {
      assertThat(loaded.map("samples").spec().maxEntries()).isEqualTo(engine.cpus());
      assertThat(retval(loaded, "sample", packet(7, 60))).isEqualTo(Errno.ENOENT);
      List<String> samples = new ArrayList<>();
      PerfBuffer.Consumer consumer =
          (cpu, data) -> samples.add(data.length + ":" + data[0] + ":" + data[4] + data[5]);
      try (PerfBuffer reader = loaded.map("samples").perfBuffer(8192)) {
        assertThat(retval(loaded, "sample", packet(7, 60))).isZero();
        assertThat(retval(loaded, "sample", packet(8, 60))).isZero();
        // 16 bytes do not fit what is wanted of the packet.
        assertThat(retval(loaded, "sample", packet(8, 16))).isEqualTo(Errno.EFAULT);
        assertThat(reader.poll(LONG, consumer)).isPositive();
        reader.consume(consumer);
        // 24 bytes, padded so that they end at a multiple of 8 with a length of 4 in front.
        assertThat(samples).containsExactlyInAnyOrder("28:7:71", "28:8:81");
      }
      assertThat(retval(loaded, "sample", packet(7, 60))).isEqualTo(Errno.ENOENT);
    }
  }

  @Test
  void userRingBuffers() {
    try (LoadedObject loaded = load();
        UserRingBuffer requests = loaded.map("requests").userRingBuffer()) {
      assertThat(retval(loaded, "drain", packet(0, 60))).isZero();
      assertThat(requests.write(u64(40))).isTrue();
      UserRingBuffer.Sample left = Objects.requireNonNull(requests.reserve(8));
      assertThat(requests.write(u64(2))).isTrue();
      // The second one is not there yet.
      assertThat(retval(loaded, "drain", packet(0, 60))).isEqualTo(1);
      assertThat(loaded.variable("requested").getLong()).isEqualTo(40);
      left.discard();
      assertThat(retval(loaded, "drain", packet(0, 60))).isEqualTo(1);
      assertThat(loaded.variable("requested").getLong()).isEqualTo(42);
      // 16 bytes a record: the ring holds 256, all of it.
      int written = 0;
      while (requests.write(u64(1))) {
        written++;
      }
      assertThat(written).isEqualTo(256);
      assertThat(requests.reserve(8, Duration.ofMillis(1))).isNull();
      assertThat(retval(loaded, "drain", packet(0, 60))).isEqualTo(256);
      assertThat(requests.write(new byte[4])).isTrue();
      assertThat(requests.write(u64(1))).isTrue();
      // Four bytes are no request: the program stops there.
      assertThat(retval(loaded, "drain", packet(0, 60))).isEqualTo(1);
      assertThat(loaded.variable("requested").getLong()).isEqualTo(42 + 256);
      assertErrno(Errno.E2BIG, () -> requests.reserve(4096));
    }
  }

  @Test
  void tailCallSlots() {
    try (LoadedObject loaded = load()) {
      BpfMap jumps = loaded.map("jumps");
      assertThat(retval(loaded, "jump", packet(0, 60))).isEqualTo(XDP_PASS);
      assertThat(retval(loaded, "jump", packet(1, 60))).isEqualTo(XDP_DROP);
      assertThat(retval(loaded, "jump", packet(9, 60))).isEqualTo(XDP_PASS);
      byte[] bounce = u32(loaded.program("bounce").slotValue());
      jumps.update(u32(0), bounce, 0);
      jumps.update(u32(1), bounce, 0);
      assertThat(jumps.lookup(u32(0))).isNotNull().isEqualTo(jumps.lookup(u32(1)));
      assertThat(retval(loaded, "jump", packet(0, 60))).isEqualTo(XDP_TX);
      assertThat(retval(loaded, "jump", packet(1, 60))).isEqualTo(XDP_TX);
      jumps.delete(u32(1));
      assertThat(retval(loaded, "jump", packet(1, 60))).isEqualTo(XDP_PASS);
      assertErrno(Errno.ENOENT, () -> jumps.delete(u32(1)));
      assertErrno(Errno.E2BIG, () -> jumps.update(u32(4), bounce, 0));
      assertErrno(Errno.EINVAL, () -> jumps.update(u32(1), bounce, BpfMap.NOEXIST));
      byte[] other = u32(loaded.program("mark").slotValue());
      assertErrno(Errno.EINVAL, () -> jumps.update(u32(1), other, 0));
      assertThat(jumps.lookup(u32(1))).isNull();
    }
  }

  @Test
  void mapsOfMaps() {
    try (LoadedObject loaded = load()) {
      assertThat(retval(loaded, "nested", packet(0, 60))).isEqualTo(XDP_PASS);
      assertThat(retval(loaded, "nested", packet(2, 60))).isEqualTo(XDP_PASS);
      assertThat(retval(loaded, "nested", packet(2, 60))).isEqualTo(XDP_PASS);
      assertThat(retval(loaded, "nested", packet(1, 60))).isEqualTo(XDP_ABORTED);
      assertThat(retval(loaded, "nested", packet(3, 60))).isEqualTo(XDP_ABORTED);
      assertThat(loaded.map("first").lookup(u32(0))).isEqualTo(u64(1));
      assertThat(loaded.map("second").lookup(u32(0))).isEqualTo(u64(2));
      loaded.map("outer").update(u32(1), u32(loaded.map("first").slotValue()), 0);
      loaded.map("outer").delete(u32(0));
      assertThat(retval(loaded, "nested", packet(0, 60))).isEqualTo(XDP_ABORTED);
      assertThat(retval(loaded, "nested", packet(1, 60))).isEqualTo(XDP_PASS);
      assertThat(loaded.map("first").lookup(u32(0))).isEqualTo(u64(2));
    }
  }

  @Test
  void redirects() {
    try (LoadedObject loaded = load()) {
      assertThat(retval(loaded, "redirect", packet(0, 60))).isEqualTo(XDP_PASS);
      loaded.map("devices").update(u32(0), u32(1), 0);
      assertThat(retval(loaded, "redirect", packet(0, 60))).isEqualTo(XDP_REDIRECT);
      assertThat(retval(loaded, "redirect", packet(5, 60))).isEqualTo(XDP_PASS);
    }
  }

  @Test
  void testRunOfPackets() {
    try (LoadedObject loaded = load()) {
      LoadedProgram rewrite = loaded.program("rewrite");
      TestRunResult result = rewrite.testRun(TestRun.of(packet(1, 64)));
      assertThat(result.errno()).isZero();
      assertThat(result.retval()).isEqualTo(XDP_TX);
      assertThat(result.data()).isEqualTo(Arrays.copyOf(packet(2, 64), 54));
      assertThat(result.dataSize()).isEqualTo(54);
      assertThat(result.context()).isNull();
      // Each round sees what the one before left.
      result = rewrite.testRun(TestRun.of(packet(1, 64)).withRepeat(4));
      assertThat(result.data()).isEqualTo(Arrays.copyOf(packet(5, 64), 24));
      result = rewrite.testRun(new TestRun(packet(1, 64), null, 1, 20, -1, 0, 0, 0));
      assertThat(result.errno()).isEqualTo(Errno.ENOSPC);
      assertThat(result.retval()).isEqualTo(XDP_TX);
      assertThat(result.data()).isEqualTo(Arrays.copyOf(packet(2, 64), 20));
      assertThat(result.dataSize()).isEqualTo(54);
      assertErrno(Errno.EINVAL, () -> rewrite.testRun(TestRun.of(new byte[13])));
      assertErrno(
          Errno.EINVAL,
          () -> rewrite.testRun(new TestRun(packet(1, 64), null, 1, -1, -1, 1, 0, 0)));
    }
  }

  @Test
  void testRunWithContexts() {
    try (LoadedObject loaded = load()) {
      // data and data_end around 4 bytes of metadata.
      byte[] md = u32(4, 64, 0, 0, 0, 0);
      TestRunResult result =
          loaded.program("rewrite").testRun(TestRun.of(packet(9, 64)).withContext(md));
      assertThat(result.context()).isEqualTo(u32(4, 54, 0, 0, 0, 0));
      assertThat(result.data()).hasSize(54).startsWith(9, 1, 2, 3, 5, 5);
      byte[] skb = new byte[192];
      skb[8] = 40;
      result =
          loaded.program("mark").testRun(TestRun.of(packet(0, 64)).withContext(skb).withRepeat(3));
      assertThat(result.retval()).isEqualTo(43);
      skb[8] = 43;
      skb[40] = 1; // ifindex: loopback
      skb[48] = 64;
      assertThat(result.context()).isNotNull();
      assertThat(Arrays.copyOf(result.context(), 68)).isEqualTo(Arrays.copyOf(skb, 68));
      skb[40] = 0;
      skb[4] = 1;
      assertErrno(
          Errno.EINVAL,
          () -> loaded.program("mark").testRun(TestRun.of(packet(0, 64)).withContext(skb)));
    }
  }

  @Test
  void testRunWithoutPackets() {
    try (LoadedObject loaded = load()) {
      TestRun add = new TestRun(null, u64(40, 2, 0), 1, -1, -1, 0, 0, 0);
      TestRunResult sum = loaded.program("add").testRun(add);
      assertThat(sum.retval()).isEqualTo(42);
      assertThat(sum.context()).isEqualTo(u64(40, 2, 42));
      assertErrno(Errno.EINVAL, () -> loaded.program("add").testRun(add.withContext(u64(40, 2))));
      TestRun raw = new TestRun(null, u64(7, 5), 1, -1, -1, 0, 0, 0);
      assertThat(loaded.program("raw").testRun(raw).retval()).isEqualTo(7005);
      assertErrno(Errno.EINVAL, () -> loaded.program("raw").testRun(raw.withContext(u64(7))));
      for (int cpu = 0; cpu < 2 && cpu < engine.cpus(); cpu++) {
        TestRun on = new TestRun(null, null, 1, -1, -1, 1, cpu, 0);
        assertThat(loaded.program("which_cpu").testRun(on).retval()).isEqualTo(cpu);
      }
      TestRun nowhere = new TestRun(null, null, 1, -1, -1, 1, 4000, 0);
      assertErrno(Errno.ENXIO, () -> loaded.program("which_cpu").testRun(nowhere));
      TestRun empty = new TestRun(null, null, 1, -1, -1, 0, 0, 0);
      assertErrno(Errno.ENOTSUPP, () -> loaded.program("probe").testRun(empty));
    }
  }

  @Test
  void testRunWithLiveFrames() {
    try (LoadedObject loaded = load()) {
      TestRun live = new TestRun(packet(1, 60), null, 10, -1, -1, 2, 0, 0);
      // Dropped frames go nowhere.
      loaded.map("jumps").update(u32(0), u32(loaded.program("drop").slotValue()), 0);
      TestRunResult result = loaded.program("drop").testRun(live);
      assertThat(result.retval()).isZero();
      TestRun large = new TestRun(packet(1, 3409), null, 1, -1, -1, 2, 0, 0);
      assertErrno(Errno.EINVAL, () -> loaded.program("drop").testRun(large));
      TestRun batch = new TestRun(packet(1, 60), null, 1, -1, -1, 2, 0, 257);
      assertErrno(Errno.E2BIG, () -> loaded.program("drop").testRun(batch));
    }
  }

  @Test
  void preparedRuns() {
    try (LoadedObject loaded = load();
        PreparedRun run = loaded.program("count").prepare(TestRun.of(packet(1, 200)))) {
      for (int i = 0; i < 10; i++) {
        assertThat(run.run()).isEqualTo(XDP_DROP);
      }
      assertThat(loaded.variable("seen").getLong()).isEqualTo(10);
      assertThat(loaded.map("flows").lookup(u32(1))).isEqualTo(u64(10));
    }
  }

  @Test
  void packetBatches() {
    try (LoadedObject loaded = load()) {
      PacketBatch batch = new PacketBatch();
      for (int i = 0; i < 300; i++) {
        batch.add(packet(i % 50, i % 7 == 6 ? 13 : 60 + i));
      }
      assertThat(loaded.program("count").run(batch)).isPositive();
      int runs = 0;
      for (int i = 0; i < 300; i++) {
        boolean shorter = i % 7 == 6;
        runs += shorter ? 0 : 1;
        assertThat(batch.errno(i)).isEqualTo(shorter ? Errno.EINVAL : 0);
        assertThat(batch.retval(i)).isEqualTo(shorter ? 0 : i > 40 ? XDP_DROP : XDP_PASS);
      }
      assertThat(loaded.variable("seen").getLong()).isEqualTo(runs);
    }
  }

  @Test
  void frozenMapsAreWrittenByPrograms() {
    try (LoadedObject loaded = load()) {
      BpfMap flows = loaded.map("flows");
      flows.freeze();
      assertErrno(Errno.EPERM, () -> flows.update(u32(1), u64(1), 0));
      assertErrno(Errno.EPERM, () -> flows.delete(u32(1)));
      retval(loaded, "count", packet(1, 60));
      assertThat(flows.lookup(u32(1))).isEqualTo(u64(1));
    }
  }

  @Test
  void rejectedProgramsSayWhy() {
    // r0 is never set.
    long[] insns = {InsnWord.of(0x95, 0, 0, 0, 0)};
    Program bad = Program.of("bad", ProgramType.XDP, "GPL", insns, List.of());
    assertThatThrownBy(() -> engine.load(bad, List.of()))
        .isInstanceOfSatisfying(
            RejectedException.class,
            refused -> {
              assertThat(refused.errno()).isEqualTo(Errno.EACCES);
              assertThat(refused.getMessage()).endsWith("R0 !read_ok");
              assertThat(refused.log()).contains("0: (95) exit");
            });
  }

  @Test
  void aSlotWhoseProgramIsNotLoadedIsAMistake() {
    BpfObject object = Engines.object();
    object.autoload("drop", false);
    assertThatThrownBy(() -> engine.load(object))
        .isInstanceOf(MalformedException.class)
        .hasMessageContaining("program \"drop\" is not loaded");
  }

  @Test
  void programsOutliveWhatTheyUse() {
    LoadedObject loaded = load();
    LoadedProgram count = loaded.program("count");
    loaded.maps().values().forEach(BpfMap::close);
    assertThat(count.testRun(TestRun.of(packet(1, 200))).retval()).isEqualTo(XDP_DROP);
    loaded.close();
    loaded.close();
    assertThatThrownBy(() -> count.testRun(TestRun.of(packet(1, 60))))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> loaded.map("flows").lookup(u32(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  private static void assertErrno(int errno, Runnable operation) {
    assertThatThrownBy(operation::run)
        .isInstanceOfSatisfying(
            BpfErrnoException.class,
            refused -> assertThat(Errno.name(refused.errno())).isEqualTo(Errno.name(errno)));
  }
}

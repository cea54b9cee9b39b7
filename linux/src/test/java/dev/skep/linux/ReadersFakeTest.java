package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.PerfBuffer;
import dev.skep.engine.RingBuffer;
import dev.skep.engine.UserRingBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.MalformedException;
import dev.skep.natives.Memory;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Records that the test writes into the shared pages, and what happens when calls fail. */
class ReadersFakeTest {
  private static final int SIZE = 4096;
  private static final int BUSY = 1 << 31;
  private static final int DISCARD = 1 << 30;
  private static final MapSpec RING = MapSpec.of("r", MapType.RINGBUF, 0, 0, SIZE, 0);
  private static final MapSpec USER = MapSpec.of("u", MapType.USER_RINGBUF, 0, 0, SIZE, 0);
  private static final MapSpec PERF = MapSpec.of("p", MapType.PERF_EVENT_ARRAY, 4, 4, 1, 0);

  private final FakeRings kernel = new FakeRings();
  private final KernelEngine engine = KernelEngine.over(kernel, 1);
  private final long page = Memory.pageSize();

  private long consumer() {
    return Objects.requireNonNull(kernel.byOffset.get(0L));
  }

  private long producer() {
    return Objects.requireNonNull(kernel.byOffset.get(page));
  }

  /** Writes a number into both views of the data. */
  private void put(long position, int number) {
    for (int copy = 0; copy < 2; copy++) {
      Memory.putInt(producer() + page + copy * SIZE + (position & SIZE - 1), number);
    }
  }

  private void produce(long end) {
    Memory.putLong(producer(), end);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void busyRecordHoldsBackTheOthers() {
    try (KernelMap map = engine.createMap(RING);
        RingBuffer reader = map.ringBuffer()) {
      List<String> records = new ArrayList<>();
      RingBuffer.Consumer add = record -> records.add(hex(record));
      put(0, 4);
      put(8, 0x11111111);
      put(16, 4 | DISCARD);
      put(32, 3 | BUSY);
      put(40, 0x33333333);
      put(48, 8);
      put(56, 0x44444444);
      produce(64);
      assertThat(reader.consume(add)).isEqualTo(1);
      assertThat(Memory.getLong(consumer())).isEqualTo(32);
      assertThat(reader.consume(add)).isZero();
      put(32, 3);
      assertThat(reader.consume(add)).isEqualTo(2);
      assertThat(records).containsExactly("11111111", "333333", "4444444400000000");
      assertThat(Memory.getLong(consumer())).isEqualTo(64);
    }
  }

  @Test
  void recordOverTheEndIsContiguous() {
    try (KernelMap map = engine.createMap(RING);
        RingBuffer reader = map.ringBuffer()) {
      long start = 5L * SIZE - 16;
      Memory.putLong(consumer(), start);
      put(start, 16);
      put(start + 8, 1);
      put(start + 12, 2);
      put(start + 16, 3);
      put(start + 20, 4);
      produce(start + 24);
      List<String> records = new ArrayList<>();
      assertThat(
              reader.consumeInPlace(record -> {
                byte[] bytes = new byte[record.remaining()];
                record.get(bytes);
                return records.add(hex(bytes));
              }))
          .isEqualTo(1);
      assertThat(records).containsExactly("01000000020000000300000004000000");
    }
  }

  /** Whoever may write the consumer's page can make the reader look at anything. */
  @Test
  void recordBeyondTheProducerIsRefused() {
    try (KernelMap map = engine.createMap(RING);
        RingBuffer reader = map.ringBuffer()) {
      put(0, 0x3fffffff);
      produce(64);
      assertThatThrownBy(() -> reader.consume(record -> true))
          .isInstanceOf(MalformedException.class)
          .hasMessage(
              "record in map \"r\": 1073741823 bytes at position 0x0, beyond the producer's 0x40");
    }
  }

  @Test
  void pollGivesUpInTime() {
    try (KernelMap map = engine.createMap(RING);
        RingBuffer reader = map.ringBuffer()) {
      assertThat(reader.poll(Duration.ZERO, record -> true)).isZero();
      assertThat(kernel.epollWaits).isZero();
      assertThat(reader.poll(Duration.ofMillis(1), record -> true)).isZero();
      assertThat(kernel.epollWaits).isPositive();
    }
  }

  @Test
  void userRecordIsBusyUntilSubmitted() {
    try (KernelMap map = engine.createMap(USER);
        UserRingBuffer writer = map.userRingBuffer()) {
      UserRingBuffer.Sample sample = Objects.requireNonNull(writer.reserve(5));
      long header = producer() + page;
      assertThat(Memory.getInt(header)).isEqualTo(5 | BUSY);
      assertThat(Memory.getLong(producer())).isEqualTo(16);
      sample.data().put((byte) 7);
      sample.submit();
      assertThat(Memory.getInt(header)).isEqualTo(5);
      assertThat(Memory.getByte(header + 8)).isEqualTo((byte) 7);
      Objects.requireNonNull(writer.reserve(0)).discard();
      assertThat(Memory.getInt(header + 16)).isEqualTo(DISCARD);
      assertThat(writer.reserve(SIZE - 24)).isNull();
      Memory.putLong(consumer(), 24);
      assertThat(writer.reserve(SIZE - 24)).isNotNull();
    }
  }

  private void perfRecord(long position, int type, int size, int... words) {
    long data = consumer() + page;
    Memory.putInt(data + (position & SIZE - 1), type);
    Memory.putInt(data + (position + 4 & SIZE - 1), size << 16);
    for (int i = 0; i < words.length; i++) {
      Memory.putInt(data + (position + 8 + 4L * i & SIZE - 1), words[i]);
    }
  }

  @Test
  void perfSampleOverTheEndIsPutTogether() {
    try (KernelMap map = engine.createMap(PERF);
        PerfBuffer reader = map.perfBuffer(SIZE)) {
      long start = 3L * SIZE - 16;
      for (int round = 0; round < 2; round++) {
        Memory.putLong(consumer() + 1032, start);
        perfRecord(start, 9, 32, 20, 1, 2, 3, 4, 5);
        perfRecord(start + 32, 2, 24, 0, 0, 6, 0);
        perfRecord(start + 56, 5, 8);
        perfRecord(start + 64, 9, 16, 4, 8);
        Memory.putLong(consumer() + 1024, start + 80);
        List<String> seen = new ArrayList<>();
        int count = round == 0 ? reader.consume(copies(seen)) : reader.consumeInPlace(views(seen));
        assertThat(count).isEqualTo(2);
        assertThat(seen)
            .containsExactly("0100000002000000030000000400000005000000", "lost 6", "08000000");
        assertThat(Memory.getLong(consumer() + 1032)).isEqualTo(start + 80);
      }
    }
  }

  private static PerfBuffer.Consumer copies(List<String> seen) {
    return new PerfBuffer.Consumer() {
      @Override
      public void sample(int cpu, byte[] data) {
        seen.add(hex(data));
      }

      @Override
      public void lost(int cpu, long count) {
        seen.add("lost " + count);
      }
    };
  }

  private static PerfBuffer.View views(List<String> seen) {
    return new PerfBuffer.View() {
      @Override
      public void sample(int cpu, ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        seen.add(hex(bytes));
      }

      @Override
      public void lost(int cpu, long count) {
        seen.add("lost " + count);
      }
    };
  }

  @Test
  void perfRecordThatCannotBeIsRefused() {
    try (KernelMap map = engine.createMap(PERF);
        PerfBuffer reader = map.perfBuffer(SIZE)) {
      Memory.putLong(consumer() + 1024, 64);
      perfRecord(0, 9, 0);
      assertThatThrownBy(() -> reader.consume((cpu, data) -> {}))
          .isInstanceOf(MalformedException.class)
          .hasMessage("record in map \"p\", cpu 0: 0 bytes at position 0x0");
      perfRecord(0, 9, 16, 100);
      assertThatThrownBy(() -> reader.consume((cpu, data) -> {}))
          .isInstanceOf(MalformedException.class);
    }
  }

  /** Whichever call fails, everything that was opened before is given back. */
  @Test
  void everyFailureGivesBackWhatItHas() {
    List<Function<KernelMap, AutoCloseable>> readers =
        List.of(KernelMap::ringBuffer, KernelMap::userRingBuffer, map -> map.perfBuffer(SIZE));
    List<MapSpec> specs = List.of(RING, USER, PERF);
    for (int i = 0; i < readers.size(); i++) {
      int failures = 0;
      for (int call = 2; call < 20; call++) {
        kernel.calls = 0;
        kernel.failing = call;
        try (KernelMap map = engine.createMap(specs.get(i));
            AutoCloseable reader = readers.get(i).apply(map)) {
          assertThat(reader).isNotNull();
        } catch (BpfErrnoException expected) {
          failures++;
        } catch (Exception other) {
          throw new AssertionError(other);
        }
        assertThat(kernel.open).as("%s, call %d", specs.get(i).type(), call).isEmpty();
        assertThat(kernel.mapped).isEmpty();
      }
      assertThat(failures).isGreaterThanOrEqualTo(4);
    }
  }
}

package dev.skep.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PerfBuffer;
import dev.skep.engine.RingBuffer;
import dev.skep.engine.TestRun;
import dev.skep.engine.UserRingBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.object.BpfObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ring and perf buffers between programs of the running kernel and Java. */
@Timeout(60)
class ReadersTest {
  private static final int ETH_BYTES = 14;
  private static final Duration SOON = Duration.ofMillis(20);

  private KernelEngine engine;
  private LoadedObject object;

  @BeforeEach
  void load() throws IOException {
    var available = KernelEngine.available();
    Assumptions.assumeTrue(available.available(), available.reason());
    engine = Linux.kernel();
    object = engine.load(BpfObject.open("readers", bytes()));
  }

  private static byte[] bytes() throws IOException {
    try (InputStream in = ReadersTest.class.getResourceAsStream("/readers/readers.bpf.o")) {
      return Objects.requireNonNull(in).readAllBytes();
    }
  }

  @AfterEach
  void close() {
    if (object != null) {
      object.close();
      engine.close();
    }
  }

  private static ByteBuffer event(byte[] record) {
    return ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Writes {@code count} records with the numbers from {@code first} on. */
  private static void produce(LoadedProgram program, long thread, long first, int count) {
    ByteBuffer packet = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    packet.putLong(ETH_BYTES, thread).putLong(ETH_BYTES + 8, first);
    program.testRun(TestRun.of(packet.array()).withRepeat(count));
  }

  /** A variable of the object's .bss, by its number there. */
  private long counter(int index) {
    for (BpfMap map : object.maps().values()) {
      if (map.spec().name().endsWith(".bss")) {
        byte[] value = Objects.requireNonNull(map.lookup(new byte[4]));
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(8 * index);
      }
    }
    throw new AssertionError("no .bss in " + object.maps().keySet());
  }

  private long dropped() {
    return counter(0);
  }

  @Test
  void recordsComeInOrder() {
    try (RingBuffer reader = object.map("ring").ringBuffer()) {
      List<Long> numbers = new ArrayList<>();
      RingBuffer.Consumer consumer =
          record -> {
            assertThat(record).hasSize(16);
            assertThat(event(record).getLong()).isEqualTo(9);
            return numbers.add(event(record).getLong(8));
          };
      assertThat(reader.consume(consumer)).isZero();
      produce(object.program("ring_output"), 9, 0, 5);
      assertThat(reader.consume(consumer)).isEqualTo(5);
      produce(object.program("ring_output"), 9, 5, 2);
      assertThat(reader.poll(Duration.ofSeconds(5), consumer)).isEqualTo(2);
      assertThat(reader.poll(SOON, consumer)).isZero();
      assertThat(numbers).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L);
    }
  }

  /** Runs over the end of the ring many times, with records of two sizes and discarded ones. */
  @Test
  void recordsWrapAroundAndDiscardedOnesAreSkipped() {
    try (RingBuffer reader = object.map("ring").ringBuffer()) {
      long[] expected = {0, 0};
      for (int first = 0; first < 100_000; first += 1000) {
        produce(object.program("ring_reserve"), 1, first, 1000);
        int count =
            reader.consumeInPlace(record -> {
              if (expected[0] % 3 == 0) {
                expected[0]++;
              }
              assertThat(record.remaining()).isEqualTo(expected[0] % 2 == 1 ? 16 : 21);
              assertThat(record.getLong(record.position() + 8)).isEqualTo(expected[0]++);
              return true;
            });
        assertThat(count).isBetween(666, 667);
        expected[1] += count;
      }
      assertThat(expected[1]).isEqualTo(66_666);
      assertThat(dropped()).isZero();
    }
  }

  @Test
  void fullRingDropsAndTheProgramCounts() {
    produce(object.program("ring_output"), 1, 0, 10_000);
    long room = 65536 / 24;
    assertThat(dropped()).isEqualTo(10_000 - room);
    try (RingBuffer reader = object.map("ring").ringBuffer()) {
      assertThat(reader.consume(record -> true)).isEqualTo((int) room);
    }
  }

  @Test
  void consumerMayStopThrowOrClose() {
    produce(object.program("ring_output"), 1, 0, 6);
    RingBuffer reader = object.map("ring").ringBuffer();
    List<Long> numbers = new ArrayList<>();
    assertThat(reader.consume(record -> !numbers.add(event(record).getLong(8)))).isEqualTo(1);
    assertThatThrownBy(() ->
            reader.consume(record -> {
              throw new IllegalArgumentException("no " + event(record).getLong(8));
            }))
        .hasMessage("no 1");
    assertThatThrownBy(() -> reader.consume(record -> reader.consume(other -> true) > 0))
        .isInstanceOf(IllegalStateException.class);
    ByteBuffer[] kept = new ByteBuffer[1];
    int count =
        reader.consumeInPlace(record -> {
          numbers.add(record.getLong(record.position() + 8));
          assertThatThrownBy(() -> record.put(record.position(), (byte) 0))
              .isInstanceOf(ReadOnlyBufferException.class);
          reader.close();
          assertThat(record.getLong(record.position() + 8)).isEqualTo(3);
          kept[0] = record;
          return true;
        });
    assertThat(count).isEqualTo(1);
    assertThat(numbers).containsExactly(0L, 3L);
    assertThatThrownBy(() -> kept[0].get(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> reader.consume(record -> true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("closed reader of map \"ring\"");
    try (RingBuffer next = object.map("ring").ringBuffer()) {
      assertThat(next.consume(record -> numbers.add(event(record).getLong(8)))).isEqualTo(2);
    }
    assertThat(numbers).containsExactly(0L, 3L, 4L, 5L);
  }

  @Test
  void waitingReaderIsWokenByRecordInterruptAndClose() throws Exception {
    RingBuffer reader = object.map("ring").ringBuffer();
    try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Future<Integer> woken =
          threads.submit(() -> reader.poll(Duration.ofSeconds(30), record -> true));
      Thread.sleep(50);
      produce(object.program("ring_output"), 1, 0, 1);
      assertThat(woken.get(5, TimeUnit.SECONDS)).isEqualTo(1);
      Thread[] waiter = new Thread[1];
      CountDownLatch started = new CountDownLatch(1);
      Future<Integer> interrupted =
          threads.submit(() -> {
            waiter[0] = Thread.currentThread();
            started.countDown();
            int count = reader.poll(Duration.ofSeconds(30), record -> true);
            return Thread.interrupted() ? count : -1;
          });
      started.await();
      waiter[0].interrupt();
      assertThat(interrupted.get(5, TimeUnit.SECONDS)).isZero();
      Future<Integer> closed =
          threads.submit(() -> reader.poll(Duration.ofSeconds(30), record -> true));
      Thread.sleep(50);
      reader.close();
      assertThat(closed.get(5, TimeUnit.SECONDS)).isZero();
    }
  }

  /** Four producers while the reader drains: what is not dropped comes, each thread's in order. */
  @Test
  void nothingIsLostUnderLoad() throws Exception {
    int threads = 4;
    int each = 200_000;
    long[] last = new long[threads];
    java.util.Arrays.fill(last, -1);
    long[] count = {0};
    RingBuffer.View check =
        record -> {
          int thread = (int) record.getLong(record.position());
          long number = record.getLong(record.position() + 8);
          if (number <= last[thread]) {
            throw new AssertionError("number " + number + " after " + last[thread]);
          }
          last[thread] = number;
          count[0]++;
          return true;
        };
    try (RingBuffer reader = object.map("ring").ringBuffer();
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> producers = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int number = thread;
        producers.add(pool.submit(() -> produce(object.program("ring_output"), number, 0, each)));
      }
      while (!producers.stream().allMatch(Future::isDone)) {
        reader.pollInPlace(SOON, check);
      }
      for (Future<?> producer : producers) {
        producer.get();
      }
      reader.consumeInPlace(check);
    }
    assertThat(count[0]).isPositive();
    assertThat(count[0] + dropped()).isEqualTo((long) threads * each);
  }

  @Test
  void severalRingsShareOneWait() throws IOException {
    LoadedObject other = engine.load(BpfObject.open("other", bytes()));
    try (RingBuffers rings = new RingBuffers()) {
      List<String> seen = new ArrayList<>();
      rings.add(object.map("ring"), record -> seen.add("copy " + event(record).getLong(8)));
      rings.addInPlace(
          other.map("ring"), record -> seen.add("view " + record.getLong(record.position() + 8)));
      assertThat(rings.poll(SOON)).isZero();
      produce(other.program("ring_output"), 1, 7, 1);
      assertThat(rings.poll(Duration.ofSeconds(5))).isEqualTo(1);
      produce(object.program("ring_output"), 1, 3, 2);
      produce(other.program("ring_output"), 1, 8, 1);
      assertThat(rings.consume()).isEqualTo(3);
      assertThat(seen).containsExactly("view 7", "copy 3", "copy 4", "view 8");
      other.close();
      assertThatThrownBy(rings::consume).isInstanceOf(IllegalStateException.class);
    } finally {
      other.close();
    }
  }

  @Test
  void perfSamplesComePerCpu() {
    try (PerfBuffer reader = object.map("perf").perfBuffer(4096)) {
      long[] sum = new long[2];
      PerfBuffer.Consumer consumer =
          (cpu, data) -> {
            assertThat(cpu).isBetween(0, engine.cpus() - 1);
            assertThat(data).hasSize(event(data).getLong(8) % 2 == 1 ? 28 : 20);
            assertThat(event(data).getLong()).isEqualTo(4);
            sum[0] += event(data).getLong(8);
          };
      assertThat(reader.poll(SOON, consumer)).isZero();
      produce(object.program("perf_output"), 4, 1, 10);
      assertThat(reader.poll(Duration.ofSeconds(5), consumer)).isEqualTo(10);
      assertThat(sum[0]).isEqualTo(55);
      assertThat(dropped()).isZero();
    }
    // The slots are empty again.
    produce(object.program("perf_output"), 4, 1, 3);
    assertThat(dropped()).isEqualTo(3);
  }

  /** Samples of 32 and 40 bytes with their header, so that some wrap around. */
  @Test
  void perfSamplesWrapAroundAndLossesAreTold() {
    try (PerfBuffer reader = ((KernelMap) object.map("perf")).perfBuffer(4096, 16)) {
      long[] got = new long[3];
      PerfBuffer.View view =
          new PerfBuffer.View() {
            @Override
            public void sample(int cpu, ByteBuffer data) {
              assertThat(data.getLong(data.position())).isEqualTo(2);
              assertThat(data.remaining() - 20)
                  .isEqualTo(data.getLong(data.position() + 8) % 2 * 8);
              got[0]++;
              got[1] += data.getLong(data.position() + 8);
            }

            @Override
            public void lost(int cpu, long count) {
              got[2] += count;
            }
          };
      long expected = 0;
      for (int round = 0; round < 100; round++) {
        produce(object.program("perf_output"), 2, round * 37L, 37);
        expected += 37L * round * 37 + 36 * 37 / 2;
        assertThat(reader.consumeInPlace(view)).isEqualTo(37);
      }
      assertThat(got[1]).isEqualTo(expected);
      assertThat(got[2]).isZero();
      long written = 3700 + 5000;
      produce(object.program("perf_output"), 2, 0, 5000);
      reader.consumeInPlace(view);
      // A CPU tells of its losses with its next sample, and any CPU may run the program.
      for (int i = 0; got[0] + got[2] < written && i < 100_000; i++) {
        produce(object.program("perf_output"), 2, 0, 1);
        written++;
        reader.consumeInPlace(view);
      }
      assertThat(got[2]).isPositive();
      assertThat(got[0] + got[2]).isEqualTo(written);
    }
  }

  @Test
  void userRingCarriesRecordsToPrograms() {
    try (UserRingBuffer writer = object.map("commands").userRingBuffer()) {
      LoadedProgram drain = object.program("drain");
      long sum = 0;
      for (long value = 1; value <= 1000; value++) {
        UserRingBuffer.Sample sample = Objects.requireNonNull(writer.reserve(24));
        sample.data().putLong(value);
        if (value % 5 == 0) {
          sample.discard();
        } else {
          sample.submit();
          sum += value;
        }
        assertThatThrownBy(sample::submit).isInstanceOf(IllegalStateException.class);
        if (value % 100 == 0) {
          assertThat(drain.testRun(TestRun.of(new byte[64])).retval()).isEqualTo(80);
        }
      }
      assertThat(counter(1)).isEqualTo(800);
      assertThat(counter(2)).isEqualTo(sum);
      assertThat(writer.write(event(new byte[8]).putLong(12345).array())).isTrue();
      drain.testRun(TestRun.of(new byte[64]));
      assertThat(counter(3)).isEqualTo(12345);
    }
  }

  @Test
  void fullUserRingHasNoRoomUntilItIsDrained() {
    UserRingBuffer writer = object.map("commands").userRingBuffer();
    byte[] record = new byte[504];
    for (int i = 0; i < 8; i++) {
      assertThat(writer.write(record)).isTrue();
    }
    assertThat(writer.write(record)).isFalse();
    assertThat(writer.reserve(8)).isNull();
    assertThat(writer.reserve(8, SOON)).isNull();
    assertThatThrownBy(() -> writer.reserve(4096))
        .isInstanceOfSatisfying(
            BpfErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.E2BIG));
    object.program("drain").testRun(TestRun.of(new byte[64]));
    UserRingBuffer.Sample sample = Objects.requireNonNull(writer.reserve(8, Duration.ofSeconds(5)));
    ByteBuffer data = sample.data();
    object.map("commands").close();
    assertThatThrownBy(sample::submit).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> data.putLong(1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> writer.write(record)).isInstanceOf(IllegalStateException.class);
    writer.close();
  }

  @Test
  void otherMapsHaveNoReaders() {
    assertThatThrownBy(() -> object.map("perf").ringBuffer())
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("ring buffer reader of map \"perf\" of type perf_event_array");
    assertThatThrownBy(() -> object.map("ring").perfBuffer(4096))
        .isInstanceOf(UnsupportedException.class);
    assertThatThrownBy(() -> object.map("ring").userRingBuffer())
        .isInstanceOf(UnsupportedException.class);
    assertThatThrownBy(() -> object.map("perf").perfBuffer(5000))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.skep.tests.engines;

import static dev.skep.tests.engines.Engines.u32;
import static dev.skep.tests.engines.Engines.u64;
import static org.assertj.core.api.Assertions.assertThat;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.TestRun;
import dev.skep.object.BpfObject;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Timers and locks in values of maps, the same on every engine. */
@ParameterizedClass
@ValueSource(strings = {"interp", "jit", "jit-kernel", "linux"})
final class SpecialFieldsTest {
  private static final byte[] FRAME = new byte[64];
  private static final int MARK = 8;
  private static final int SKB_BYTES = 192;
  private static final int CLOCK_BYTES = 48;
  private static final long FAR = 1_000_000_000L;
  private static final long SOON = 700_000_000L;
  private static final int LOCK = 4;
  private static final long WAIT_NANOS = 20_000_000_000L;

  private final Engine engine;
  private final LoadedObject object;

  SpecialFieldsTest(String name) throws Exception {
    engine = Engines.open(name);
    try (InputStream in =
        Objects.requireNonNull(getClass().getResourceAsStream("/engines/fields.bpf.o"))) {
      object = engine.load(BpfObject.open("fields.bpf.o", in.readAllBytes()));
    }
  }

  @AfterEach
  void close() {
    object.close();
    engine.close();
  }

  private int run(String program, long mark) {
    byte[] skb = new byte[SKB_BYTES];
    ByteBuffer.wrap(skb).order(ByteOrder.LITTLE_ENDIAN).putInt(MARK, (int) mark);
    return object.program(program).testRun(TestRun.of(FRAME).withContext(skb)).retval();
  }

  /** The word at an offset of a value. */
  private static long word(BpfMap map, byte[] key, int offset) {
    return ByteBuffer.wrap(Objects.requireNonNull(map.lookup(key)))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong(offset);
  }

  private static void await(BooleanSupplier done) throws InterruptedException {
    long end = System.nanoTime() + WAIT_NANOS;
    while (!done.getAsBoolean() && System.nanoTime() < end) {
      Thread.sleep(1);
    }
    assertThat(done.getAsBoolean()).isTrue();
  }

  @Test
  void aTimerStartsItselfAgain() throws Exception {
    assertThat(run("start_array", 0)).isZero();
    assertThat(object.data(".bss").getLong("array_result")).isZero();
    BpfMap clocks = object.map("clocks");
    await(() -> word(clocks, u32(2), 32) == 5);
    assertThat(word(clocks, u32(2), 40)).isEqualTo(10);
    // The timer reads as zeros, and an update of its value ends it.
    assertThat(word(clocks, u32(2), 0)).isZero();
    clocks.update(u32(2), new byte[CLOCK_BYTES], BpfMap.ANY);
    assertThat(run("start_array", 0)).isZero();
    assertThat(object.data(".bss").getLong("array_result")).isZero();
    await(() -> word(clocks, u32(2), 32) == 5);
  }

  @Test
  void callbacksGetTheKey() throws Exception {
    BpfMap named = object.map("named");
    named.update(u64(77), new byte[CLOCK_BYTES], BpfMap.ANY);
    assertThat(run("start_hash", 1000)).isZero();
    await(() -> word(named, u64(77), 32) == 1);
    assertThat(word(named, u64(77), 40)).isEqualTo(77);
    assertThat(word(named, u64(77), 24)).isEqualTo(-35);
  }

  @Test
  void timersThatAreCancelledDoNotFire() {
    BpfMap named = object.map("named");
    named.update(u64(77), new byte[CLOCK_BYTES], BpfMap.ANY);
    assertThat(run("cancel_hash", 0)).isEqualTo(-22);
    assertThat(run("start_hash", FAR)).isZero();
    assertThat(run("cancel_hash", 0)).isEqualTo(1);
    assertThat(run("cancel_hash", 0)).isZero();
    assertThat(run("start_hash", FAR)).isZero();
    assertThat(object.data(".bss").getLong("hash_result")).isEqualTo(-16);
    // Another element under the key has no timer yet.
    named.update(u64(77), new byte[CLOCK_BYTES], BpfMap.ANY);
    assertThat(run("cancel_hash", 0)).isEqualTo(-22);
    assertThat(run("start_hash", FAR)).isZero();
    assertThat(object.data(".bss").getLong("hash_result")).isZero();
    named.delete(u64(77));
    assertThat(run("cancel_hash", 0)).isEqualTo(100);
  }

  @Test
  void startsAndCancellationsRace() throws Exception {
    BpfMap named = object.map("named");
    named.update(u64(77), new byte[CLOCK_BYTES], BpfMap.ANY);
    List<Thread> workers = new ArrayList<>();
    for (String program : List.of("start_hash", "cancel_hash", "start_hash")) {
      workers.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 2000; i++) {
                  run(program, 0);
                }
              }));
    }
    for (Thread worker : workers) {
      worker.join();
    }
    run("cancel_hash", 0);
    long fired = word(named, u64(77), 32);
    Thread.sleep(50);
    assertThat(word(named, u64(77), 32)).isEqualTo(fired);
  }

  /** In Linux a callback keeps its program (PARITY). */
  @Test
  void timersEndWithTheirProgram() throws Exception {
    Assumptions.assumeFalse(engine.name().equals("linux"), "linux keeps the program");
    BpfMap named = object.map("named");
    named.update(u64(77), new byte[CLOCK_BYTES], BpfMap.ANY);
    assertThat(run("start_hash", SOON)).isZero();
    object.program("start_hash").close();
    Thread.sleep(SOON / 1_000_000 + 300);
    assertThat(word(named, u64(77), 32)).isZero();
  }

  @Test
  void locksHoldValuesTogether() throws Exception {
    BpfMap pairs = object.map("pairs");
    int threads = 4;
    int runs = 2000;
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      workers.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int j = 0; j < runs; j++) {
                  run("add", 0);
                }
              }));
    }
    while (workers.stream().anyMatch(Thread::isAlive)) {
      byte[] pair = Objects.requireNonNull(pairs.lookup(u32(0), LOCK));
      ByteBuffer words = ByteBuffer.wrap(pair).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(words.getLong(0)).isEqualTo(words.getLong(16));
    }
    assertThat(word(pairs, u32(0), 0)).isEqualTo((long) threads * runs);
    pairs.update(u32(0), new byte[24], LOCK);
    assertThat(word(pairs, u32(0), 16)).isZero();
  }
}

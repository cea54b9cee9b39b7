package dev.skep.bench;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedObject;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.MapBatch;
import dev.skep.engine.MapEntries;
import dev.skep.engine.PerfBuffer;
import dev.skep.engine.RingBuffer;
import dev.skep.engine.TestRun;
import dev.skep.linux.KernelEngine;
import dev.skep.object.BpfObject;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The benchmarks of the kernel engine's maps and readers: nanoseconds per element or record, best
 * and median of the rounds. Argument: the repository's root.
 */
public final class KernelBench {
  private static final int ROUNDS = 9;
  private static final int ENTRIES = 100_000;
  private static final int RECORDS = 400_000;
  private static final byte[] PACKET = new byte[64];

  private KernelBench() {}

  public static void main(String[] args) throws Exception {
    Path root = Path.of(args.length > 0 ? args[0] : ".");
    KernelEngine.Availability availability = KernelEngine.available();
    if (!availability.available()) {
      System.out.println("kernel engine: not measured: " + availability.reason());
      return;
    }
    System.out.printf("%-52s %17s%n", "ns per element or record, kernel engine", "min/median");
    try (KernelEngine engine = KernelEngine.host()) {
      lookups(engine, MapType.HASH);
      lookups(engine, MapType.ARRAY);
      try (LoadedObject object =
          engine.load(BpfObject.open(root.resolve("bench/objects/records.bpf.o")))) {
        ring(object);
        perf(object);
        stream(object);
      }
    }
  }

  /** Prints the time of rounds that say their own nanoseconds; gives the median per unit. */
  private static double measure(String what, int units, LongSupplier round) {
    double[] nanos = new double[ROUNDS];
    for (int i = -3; i < ROUNDS; i++) {
      long time = round.getAsLong();
      if (i >= 0) {
        nanos[i] = (double) time / units;
      }
    }
    Arrays.sort(nanos);
    System.out.printf("%-52s %8.1f %8.1f%n", what, nanos[0], nanos[ROUNDS / 2]);
    return nanos[ROUNDS / 2];
  }

  private static long time(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return System.nanoTime() - start;
  }

  private static void check(boolean good, String what) {
    if (!good) {
      throw new IllegalStateException(what);
    }
  }

  private static void lookups(Engine engine, MapType type) {
    String name = type.text() + ", " + ENTRIES + " elements: ";
    try (BpfMap map = engine.createMap(MapSpec.of("m", type, 4, 8, ENTRIES, 0))) {
      ByteBuffer keys = ByteBuffer.allocate(4 * ENTRIES).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < ENTRIES; i++) {
        keys.putInt(i);
      }
      byte[] values = new byte[8 * ENTRIES];
      measure(
          name + "update, batch",
          ENTRIES,
          () -> time(() -> check(map.updateBatch(keys.array(), values, 0).errno() == 0, "update")));
      double single =
          measure(name + "next key and lookup", ENTRIES, () -> time(() -> oneByOne(map)));
      double batch =
          measure(name + "lookup, batches of 4096", ENTRIES, () -> time(() -> batches(map)));
      measure(name + "MapEntries", ENTRIES, () -> time(() -> entries(map)));
      System.out.printf("%-52s %17.1f%n", name + "single / batch", single / batch);
    }
  }

  private static void oneByOne(BpfMap map) {
    int count = 0;
    for (byte[] key = map.nextKey(null); key != null; key = map.nextKey(key)) {
      check(map.lookup(key) != null, "lookup");
      count++;
    }
    check(count == ENTRIES, "elements");
  }

  private static void batches(BpfMap map) {
    int count = 0;
    byte @Nullable [] position = null;
    do {
      MapBatch batch = map.lookupBatch(position, 4096, 0);
      count += batch.count();
      position = batch.next();
    } while (position != null);
    check(count == ENTRIES, "elements");
  }

  private static void entries(BpfMap map) {
    int count = 0;
    for (MapEntries.Entry entry : MapEntries.of(map)) {
      count += entry.key().length / 4;
    }
    check(count == ENTRIES, "elements");
  }

  private static void produce(LoadedObject object, String program, int count) {
    object.program(program).testRun(TestRun.of(PACKET).withRepeat(count));
  }

  private static void ring(LoadedObject object) {
    try (RingBuffer reader = object.map("ring").ringBuffer()) {
      long[] sum = new long[1];
      measure(
          "ring buffer, full: copies of 16 bytes",
          RECORDS,
          () -> {
            produce(object, "ring_record", RECORDS);
            return time(() ->
                check(
                    reader.consume(record -> {
                      sum[0] += record[0];
                      return true;
                    })
                        == RECORDS,
                    "records"));
          });
      measure(
          "ring buffer, full: in place",
          RECORDS,
          () -> {
            produce(object, "ring_record", RECORDS);
            return time(() ->
                check(
                    reader.consumeInPlace(record -> {
                      sum[0] += record.getLong(record.position());
                      return true;
                    })
                        == RECORDS,
                    "records"));
          });
      check(sum[0] > 0, "contents");
    }
  }

  private static void perf(LoadedObject object) {
    int each = 100_000;
    try (PerfBuffer reader = object.map("perf").perfBuffer(1 << 23)) {
      long[] sum = new long[1];
      measure(
          "perf buffer, full: copies of 16 bytes",
          each,
          () -> {
            produce(object, "perf_record", each);
            return time(
                () -> check(reader.consume((cpu, data) -> sum[0] += data[0]) == each, "samples"));
          });
      measure(
          "perf buffer, full: in place",
          each,
          () -> {
            produce(object, "perf_record", each);
            return time(() ->
                check(
                    reader.consumeInPlace((cpu, data) -> sum[0] += data.getLong(data.position()))
                        == each,
                    "samples"));
          });
      check(sum[0] > 0, "contents");
    }
  }

  /** One thread runs the program, this one reads: records per second from end to end. */
  private static void stream(LoadedObject object) throws InterruptedException {
    int runs = 5_000_000;
    LoadedProgram program = object.program("ring_record");
    try (RingBuffer reader = object.map("ring").ringBuffer()) {
      long[] count = new long[1];
      Thread producer =
          new Thread(() -> program.testRun(TestRun.of(PACKET).withRepeat(runs)), "producer");
      long start = System.nanoTime();
      producer.start();
      while (producer.isAlive()) {
        count[0] += reader.pollInPlace(Duration.ofMillis(10), record -> true);
      }
      count[0] += reader.consumeInPlace(record -> true);
      double seconds = (System.nanoTime() - start) / 1e9;
      producer.join();
      System.out.printf(
          "ring buffer, writing and reading at once: %,.0f records/s of %,.0f written/s%n",
          count[0] / seconds, runs / seconds);
    }
  }
}

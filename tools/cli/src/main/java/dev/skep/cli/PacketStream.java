package dev.skep.cli;

import dev.skep.cli.pcap.CaptureReader;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.errors.UnsupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Sends the frames of a capture through a program: one thread reads, as many workers as asked run
 * batches. Memory is a few batches, whatever the capture's size.
 */
final class PacketStream {
  private static final int BATCH_PACKETS = 2048;
  private static final int BATCH_BYTES = 4 << 20;

  private final CaptureReader capture;
  private final LoadedProgram program;
  private final int workers;
  private final Progress progress;
  private final Map<Integer, Long> retvals = new TreeMap<>(Integer::compareUnsigned);
  private final Map<Integer, Long> refused = new TreeMap<>();
  private long packets;
  private long bytes;
  private long nanos;

  PacketStream(CaptureReader capture, LoadedProgram program, int workers, Progress progress) {
    this.capture = capture;
    this.program = program;
    this.workers = workers;
    this.progress = progress;
  }

  /** Runs all packets, {@code rounds} times each batch. */
  void run(int rounds) {
    try (ExecutorService pool = Executors.newFixedThreadPool(workers)) {
      List<Slot> slots = new ArrayList<>();
      for (int i = 0; i < workers + 1; i++) {
        slots.add(new Slot());
      }
      for (int turn = 0; ; turn++) {
        Slot slot = slots.get(turn % slots.size());
        collect(slot);
        if (!fill(slot.batch)) {
          break;
        }
        slot.running = pool.submit(() -> runBatch(slot.batch, rounds));
        progress.show(packets, capture.position());
      }
      slots.forEach(this::collect);
    }
    progress.clear();
  }

  private static final class Slot {
    final PacketBatch batch = new PacketBatch();
    @Nullable Future<Long> running;
  }

  private long runBatch(PacketBatch batch, int rounds) {
    long spent = 0;
    for (int i = 0; i < rounds; i++) {
      spent += program.run(batch);
    }
    return spent;
  }

  /** Fills a batch; false at the end of the capture. */
  private boolean fill(PacketBatch batch) {
    batch.clear();
    while (batch.count() < BATCH_PACKETS && batch.totalBytes() < BATCH_BYTES) {
      byte[] frame = capture.next();
      if (frame == null) {
        break;
      }
      if (capture.linkType() != CaptureReader.LINKTYPE_ETHERNET) {
        throw new UnsupportedException("capture of link type " + capture.linkType());
      }
      batch.add(frame);
    }
    return batch.count() > 0;
  }

  private void collect(Slot slot) {
    Future<Long> running = slot.running;
    if (running == null) {
      return;
    }
    slot.running = null;
    try {
      nanos += running.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UsageException("interrupted");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
    PacketBatch batch = slot.batch;
    for (int i = 0; i < batch.count(); i++) {
      if (batch.errno(i) == 0) {
        retvals.merge(batch.retval(i), 1L, Long::sum);
      } else {
        refused.merge(batch.errno(i), 1L, Long::sum);
      }
    }
    packets += batch.count();
    bytes += batch.totalBytes();
  }

  /** How often each return value came, ascending. */
  Map<Integer, Long> retvals() {
    return retvals;
  }

  /** How many packets test_run would refuse, by errno: runts, and too long ones. */
  Map<Integer, Long> refused() {
    return refused;
  }

  long packets() {
    return packets;
  }

  long bytes() {
    return bytes;
  }

  /** Time spent in the program, summed over the workers. */
  long nanos() {
    return nanos;
  }
}

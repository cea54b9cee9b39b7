package dev.skep.cli;

import dev.skep.engine.LoadedProgram;
import dev.skep.engine.PacketBatch;
import dev.skep.engine.PreparedRun;
import dev.skep.engine.TestRun;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import org.jspecify.annotations.Nullable;

/**
 * Runs of one program with one input, on one engine: in one call with repeat where the program's
 * type takes that, else one test run each.
 */
final class BenchWork implements Rounds.Work, AutoCloseable {
  /**
   * The kernel takes one packet a call, and waits for a grace period around a call that repeats, so
   * it gets a sample of the packets, each with many runs.
   */
  private static final int SAMPLE = 32;

  private static final int RUNS_OF_SAMPLE = 1000;

  private final LoadedProgram program;
  private final boolean ownClock;
  private final PacketBatch packets;
  private final TestRun input;

  /** For types that do not take repeat, else null. */
  private final @Nullable PreparedRun prepared;

  /**
   * For one input.
   *
   * @param ownClock whether the engine's durations count: the kernel's leave out the times in which
   *     it lets others run; those of the JVM's engines are measured here, finer
   * @throws UnsupportedException if the program's type has no test_run
   * @throws BpfErrnoException if it refuses the input
   */
  static BenchWork of(LoadedProgram program, TestRun input, boolean ownClock) {
    check(program, input);
    return new BenchWork(program, input, new PacketBatch(), takesRepeat(program, input), ownClock);
  }

  /** Runs it once; errors as in {@link #of(LoadedProgram, TestRun, boolean)}. */
  static void check(LoadedProgram program, TestRun input) {
    try {
      program.testRun(input);
    } catch (BpfErrnoException refused) {
      if (refused.errno() == Errno.ENOTSUPP || refused.errno() == Errno.EOPNOTSUPP) {
        throw new UnsupportedException(
            "bench of program \""
                + program.program().name()
                + "\": type "
                + program.program().type().text()
                + " has no test_run");
      }
      throw refused;
    }
  }

  private static boolean takesRepeat(LoadedProgram program, TestRun input) {
    try {
      program.testRun(input.withRepeat(2));
      return true;
    } catch (BpfErrnoException refused) {
      return false;
    }
  }

  /** For the packets of a capture; a unit is one packet. */
  static BenchWork of(LoadedProgram program, PacketBatch packets, boolean ownClock) {
    TestRun first = quiet(packets.packet(0));
    check(program, first);
    return new BenchWork(program, first, packets, true, ownClock);
  }

  /** A run whose output nobody wants. */
  static TestRun quiet(byte[] data) {
    return new TestRun(data, null, 1, 0, 0, 0, 0, 0);
  }

  private BenchWork(
      LoadedProgram program,
      TestRun input,
      PacketBatch packets,
      boolean repeats,
      boolean ownClock) {
    this.program = program;
    this.input = input;
    this.packets = packets;
    this.ownClock = ownClock;
    this.prepared = repeats ? null : program.prepare(input);
  }

  /** How many runs are one unit: 1, or those of all packets. */
  int runsPerUnit() {
    int count = packets.count();
    return count == 0 ? 1 : ownClock ? Math.min(SAMPLE, count) * RUNS_OF_SAMPLE : count;
  }

  @Override
  public long nanos(int times) {
    if (packets.count() > 0) {
      return ownClock ? sample(times) : batches(times);
    }
    return prepared == null ? repeated(input, times) : single(prepared, times);
  }

  private long repeated(TestRun run, int times) {
    TestRun many = run.withRepeat(times);
    long start = System.nanoTime();
    long duration = program.testRun(many).durationNanos();
    return ownClock ? duration * times : System.nanoTime() - start;
  }

  private static long single(PreparedRun prepared, int times) {
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      prepared.run();
    }
    return System.nanoTime() - start;
  }

  private long batches(int times) {
    long nanos = 0;
    for (int i = 0; i < times; i++) {
      nanos += program.run(packets);
    }
    return nanos;
  }

  private long sample(int times) {
    int count = Math.min(SAMPLE, packets.count());
    long nanos = 0;
    for (int i = 0; i < count; i++) {
      int packet = (int) ((long) i * packets.count() / count);
      nanos += repeated(quiet(packets.packet(packet)), times * RUNS_OF_SAMPLE);
    }
    return nanos;
  }

  @Override
  public void close() {
    if (prepared != null) {
      prepared.close();
    }
  }
}

package dev.skep.bench;

import dev.skep.engine.BpfMap;
import dev.skep.engine.Engine;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * 33 programs in one array, each of which tail calls the next: entered at the h-th from the end, a
 * run makes h hops.
 */
final class TailCallChain implements AutoCloseable {
  /** The most hops of a run: one less than the budget. */
  static final int LENGTH = 32;

  private static final byte[] PACKET = new byte[64];

  private final List<LoadedProgram> programs = new ArrayList<>();
  private final List<BpfMap> arrays = new ArrayList<>();

  TailCallChain(Engine engine, TailCallText text) {
    for (int i = 0; i < text.arrays(); i++) {
      arrays.add(engine.createMap(TailCallText.array(LENGTH + 1)));
    }
    for (int i = 0; i < LENGTH; i++) {
      programs.add(engine.load(text.hop(i + 1, LENGTH + 1), arrays));
    }
    programs.add(engine.load(TailCallText.last(), List.of()));
    for (int i = 0; i <= LENGTH; i++) {
      fill(arrays.getFirst(), i, programs.get(i));
    }
  }

  static void fill(BpfMap array, int slot, LoadedProgram program) {
    array.update(bytes(slot), bytes(program.slotValue()), BpfMap.ANY);
  }

  static byte[] bytes(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private LoadedProgram entry(int hops) {
    return programs.get(LENGTH - hops);
  }

  /** Nanoseconds per run, by Java's clock around many. */
  double nanos(int hops, int times) {
    LoadedProgram program = entry(hops);
    TestRun run = TestRun.of(PACKET).withRepeat(times);
    long start = System.nanoTime();
    int result = program.testRun(run).retval();
    long nanos = System.nanoTime() - start;
    check(result);
    return (double) nanos / times;
  }

  /** Whole nanoseconds per run, by the engine's clock. */
  double ownNanos(int hops, int times) {
    var result = entry(hops).testRun(TestRun.of(PACKET).withRepeat(times));
    check(result.retval());
    return result.durationNanos();
  }

  private static void check(int result) {
    if (result != TailCallText.RESULT) {
      throw new IllegalStateException("a chain of tail calls ended with " + result);
    }
  }

  @Override
  public void close() {
    for (int i = 0; i <= LENGTH; i++) {
      arrays.getFirst().delete(bytes(i));
    }
    Collections.reverse(programs);
    programs.forEach(LoadedProgram::close);
    arrays.forEach(BpfMap::close);
  }
}

package dev.skep.bench;

import dev.skep.engine.BpfMap;
import dev.skep.engine.LoadedProgram;
import dev.skep.engine.TestRun;
import dev.skep.program.MapSpec;
import dev.skep.program.MapType;
import dev.skep.program.Program;
import dev.skep.run.Vm;
import dev.skep.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * As many program arrays as programs: each program tail calls the one slot in use of an array of
 * its own, and all of them form one circle in random order. A run starts at another program each
 * time and uses up its budget, so nothing that a hop reads was read lately.
 *
 * <pre>
 *   entry --(starts)--> p7 --(array 7)--> p3 --(array 3)--> p12 ... 33 hops
 * </pre>
 */
final class ColdChain implements AutoCloseable {
  /** Tail calls of a run: the whole budget, which the jump of the entry takes part in. */
  static final int HOPS = 33;

  /** Slots of each array, and the one in use: its cached target lies in another cache line. */
  static final int SLOTS = 8;

  static final int SLOT = 4;
  private static final int FALL_THROUGH = 77;
  private static final byte[] PACKET = new byte[64];

  private final List<BpfMap> arrays = new ArrayList<>();
  private final List<LoadedProgram> programs = new ArrayList<>();
  private final LoadedProgram entry;

  /**
   * @param count a power of two
   */
  ColdChain(Vm engine, TailCallText text, int count) {
    BpfMap other = engine.createMap(TailCallText.array(SLOTS));
    VerifiedProgram hop = TailCallText.verified(text.hop(SLOT, SLOTS));
    for (int i = 0; i < count; i++) {
      BpfMap array = engine.createMap(TailCallText.array(SLOTS));
      arrays.add(array);
      programs.add(engine.load(hop, text.arrays() == 1 ? List.of(array) : List.of(array, other)));
    }
    int[] next = circle(count);
    MapSpec all = TailCallText.array(count);
    BpfMap starts = engine.createMap(all);
    for (int i = 0; i < count; i++) {
      TailCallChain.fill(arrays.get(i), SLOT, programs.get(next[i]));
      TailCallChain.fill(starts, i, programs.get(i));
    }
    MapSpec start = MapSpec.of("start", MapType.ARRAY, 4, 4, 1, 0);
    BpfMap state = engine.createMap(start);
    Program first = TailCallText.program(entryText(count), List.of(all, start));
    entry = engine.load(first, List.of(starts, state));
    arrays.addAll(List.of(other, starts, state));
  }

  /** The step is odd, so that every program is a start once in {@code count} runs. */
  private static String entryText(int count) {
    return """
    r2 = map[1][0]+0
    r3 = *(u32 *)(r2 +0)
    w3 += 40503
    w3 &= %d
    *(u32 *)(r2 +0) = r3
    r2 = map[0]
    call bpf_tail_call#12
    r0 = 1
    exit
    """
        .formatted(count - 1);
  }

  /** A permutation that is one circle (Sattolo). */
  private static int[] circle(int count) {
    int[] next = new int[count];
    for (int i = 0; i < count; i++) {
      next[i] = i;
    }
    Random random = new Random(count);
    for (int i = count - 1; i > 0; i--) {
      int other = random.nextInt(i);
      int kept = next[i];
      next[i] = next[other];
      next[other] = kept;
    }
    return next;
  }

  /** Nanoseconds per hop of that many runs. */
  double nanosPerHop(int times) {
    var result = entry.testRun(TestRun.of(PACKET).withRepeat(times));
    if (result.retval() != FALL_THROUGH) {
      throw new IllegalStateException("a run ended with " + result.retval());
    }
    return (double) result.durationNanos() / HOPS;
  }

  @Override
  public void close() {
    entry.close();
    arrays.forEach(BpfMap::close); // which empties them
    programs.forEach(LoadedProgram::close);
  }
}

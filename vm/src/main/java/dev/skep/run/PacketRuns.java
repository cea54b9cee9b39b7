package dev.skep.run;

import dev.skep.engine.PacketBatch;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.machine.Cpu;

/** Runs over many packets: those that fit go through the engine's loop, the rest one by one. */
final class PacketRuns {
  private final TestRuns runs;
  private final VmProgram program;
  private final PacketBatch batch;
  private long nanos;

  private PacketRuns(TestRuns runs, VmProgram program, PacketBatch batch) {
    this.runs = runs;
    this.program = program;
    this.batch = batch;
  }

  /** Runs all packets in order; returns the nanoseconds spent in the runs. */
  static long run(TestRuns runs, VmProgram program, PacketBatch batch) {
    PacketRuns all = new PacketRuns(runs, program, batch);
    ContextPool<? extends PacketLoop> loops = runs.loops(program);
    if (loops == null) {
      for (int i = 0; i < batch.count(); i++) {
        all.runAlone(i);
      }
    } else {
      all.runInLoops(loops);
    }
    return all.nanos;
  }

  private <T extends PacketLoop> void runInLoops(ContextPool<T> loops) {
    for (int i = 0; i < batch.count(); ) {
      int done = runInLoop(loops, i);
      i += done;
      if (done == 0) {
        runAlone(i++);
      }
    }
  }

  /** Runs the packets from {@code from} on that can go through one call: how many. */
  private <T extends PacketLoop> int runInLoop(ContextPool<T> loops, int from) {
    Cpu cpu = runs.machine().cpus().enter();
    try {
      T loop = loops.take(cpu);
      try {
        int count = put(loop, from);
        if (count > 0) {
          loop.build(count, program.program().type(), runs.devices().loopback());
          long start = System.nanoTime();
          loop.run(cpu, program.held(), count);
          nanos += System.nanoTime() - start;
        }
        for (int i = 0; i < count; i++) {
          batch.result(from + i, 0, loop.retval(i));
        }
        return count;
      } finally {
        loops.give(cpu, loop);
      }
    } finally {
      runs.machine().cpus().leave();
    }
  }

  private int put(PacketLoop loop, int from) {
    int most = Math.min(batch.count() - from, loop.capacity());
    int count = 0;
    while (count < most) {
      int offset = batch.offset(from + count);
      int length = batch.length(from + count);
      if (!loop.fits(batch.bytes(), offset, length)) {
        break;
      }
      loop.put(count, batch.bytes(), offset, length);
      count++;
    }
    return count;
  }

  private void runAlone(int index) {
    try {
      TestRunResult result = runs.run(program, TestRun.of(batch.packet(index)));
      batch.result(index, 0, result.retval());
      nanos += result.durationNanos();
    } catch (BpfErrnoException refused) {
      batch.result(index, refused.errno(), 0);
    }
  }
}

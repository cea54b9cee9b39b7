package dev.skep.run;

import dev.skep.engine.PacketBatch;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.machine.Cpu;
import dev.skep.program.ProgramType;

/**
 * Runs over many packets: XDP packets that fit a page go through the engine's loop, the rest one by
 * one.
 */
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
    boolean loop = program.program().type() == ProgramType.XDP && XdpTestRun.isPlain(program);
    for (int i = 0; i < batch.count(); ) {
      int fitting = loop ? all.fitting(i) : 0;
      if (fitting > 0) {
        all.runInLoop(i, fitting);
        i += fitting;
      } else {
        all.runAlone(i++);
      }
    }
    return all.nanos;
  }

  /** How many packets from the given one on can go through one call of the loop. */
  private int fitting(int from) {
    int most = Math.min(batch.count() - from, XdpFrames.COUNT);
    int fitting = 0;
    while (fitting < most
        && batch.length(from + fitting) >= Skb.ETH_HLEN
        && batch.length(from + fitting) <= XdpContext.MAX_LINEAR) {
      fitting++;
    }
    return fitting;
  }

  private void runInLoop(int from, int count) {
    Cpu cpu = runs.machine().cpus().enter();
    try {
      XdpFrames frames = runs.xdpFrames().take(cpu);
      try {
        for (int i = 0; i < count; i++) {
          frames.put(i, batch.bytes(), batch.offset(from + i), batch.length(from + i));
        }
        frames.build(runs.devices().loopback());
        long start = System.nanoTime();
        program.executable().runPackets(cpu, frames.buff(), frames.items(), count);
        nanos += System.nanoTime() - start;
        for (int i = 0; i < count; i++) {
          batch.result(from + i, 0, frames.retval(i));
        }
      } finally {
        runs.xdpFrames().give(cpu, frames);
      }
    } finally {
      runs.machine().cpus().leave();
    }
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

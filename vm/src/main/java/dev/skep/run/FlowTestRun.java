package dev.skep.run;

import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.layout.FlowDissectorLayout;
import org.jspecify.annotations.Nullable;

/** Test runs of flow dissectors (bpf_prog_test_run_flow_dissector). */
final class FlowTestRun {
  /** struct bpf_flow_keys: nhoff and thoff at 0 and 2, n_proto at 10, flags at 48. */
  private static final int KEYS_SIZE = 56;

  private static final int KEYS_THOFF = 2;
  private static final int KEYS_N_PROTO = 10;
  private static final int KEYS_FLAGS = 48;
  private static final int MAX_SIZE = 4096;

  private FlowTestRun() {}

  static TestRunResult run(TestRuns runs, VmProgram program, TestRun run) {
    byte[] data = run.data();
    if (run.flags() != 0
        || run.cpu() != 0
        || run.batchSize() != 0
        || data == null
        || data.length < Skb.ETH_HLEN
        || data.length > MAX_SIZE) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    byte[] user = TestRuns.contextIn(program, run, KEYS_SIZE);
    if (user != null) {
      for (int i = 0; i < KEYS_SIZE; i++) {
        if (user[i] != 0 && (i < KEYS_FLAGS || i >= KEYS_FLAGS + 4)) {
          throw TestRuns.error(Errno.EINVAL, program);
        }
      }
    }
    Cpu cpu = runs.machine().cpus().enter();
    try {
      BareContext block = runs.bareContexts().take(cpu);
      try {
        return run(cpu, block, program, run, data, user);
      } finally {
        runs.bareContexts().give(cpu, block);
      }
    } finally {
      runs.machine().cpus().leave();
    }
  }

  private static TestRunResult run(
      Cpu cpu,
      BareContext block,
      VmProgram program,
      TestRun run,
      byte[] data,
      byte @Nullable [] user) {
    long context = block.put(new byte[FlowDissectorLayout.SIZE]);
    long keys = context + 64;
    long packet = context + 256;
    Memory.copy(data, 0, packet, data.length);
    Memory.putLong(context + FlowDissectorLayout.FLOW_KEYS, keys);
    Memory.putLong(context + FlowDissectorLayout.DATA, packet);
    Memory.putLong(context + FlowDissectorLayout.DATA_END, packet + data.length);
    int times = run.repeat() == 0 ? 1 : run.repeat();
    long retval = 0;
    long start = System.nanoTime();
    for (int i = 0; i < times; i++) {
      Memory.fill(keys, KEYS_SIZE, (byte) 0);
      Memory.putShort(keys, (short) Skb.ETH_HLEN);
      Memory.putShort(keys + KEYS_THOFF, (short) Skb.ETH_HLEN);
      Memory.putShort(keys + KEYS_N_PROTO, Memory.getShort(packet + 12));
      if (user != null) {
        Memory.copy(user, KEYS_FLAGS, keys + KEYS_FLAGS, 4);
      }
      retval = program.held().run(cpu, context);
      int nhoff = clamp(Memory.getShort(keys) & 0xffff, Skb.ETH_HLEN, data.length);
      int thoff = clamp(Memory.getShort(keys + KEYS_THOFF) & 0xffff, nhoff, data.length);
      Memory.putShort(keys, (short) nhoff);
      Memory.putShort(keys + KEYS_THOFF, (short) thoff);
    }
    Repeat repeat = new Repeat(retval, (System.nanoTime() - start) / times);
    byte[] out = new byte[KEYS_SIZE];
    Memory.copy(keys, out, 0, KEYS_SIZE);
    return TestRuns.result(run, repeat, out, TestRuns.limit(run, KEYS_SIZE), user);
  }

  private static int clamp(int value, int low, int high) {
    return Math.min(Math.max(value, low), high);
  }
}

package dev.skep.run;

import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Test runs of netfilter programs (bpf_prog_test_run_nf). */
final class NetfilterTestRun {
  private static final int IPV4_LEN = 20;
  private static final int IPV6_LEN = 40;
  private static final int NFPROTO_IPV4 = 2;
  private static final int NFPROTO_IPV6 = 10;
  private static final int LOCAL_OUT = 3;

  // struct nf_hook_state.
  private static final int STATE_SIZE = 48;
  private static final int STATE_HOOK = 0;
  private static final int STATE_PF = 1;
  private static final int STATE_IN = 8;
  private static final int STATE_OUT = 16;

  // struct bpf_nf_ctx.
  private static final int CTX_STATE = 0;
  private static final int CTX_SKB = 8;
  private static final int CTX_SIZE = 16;

  private NetfilterTestRun() {}

  static TestRunResult run(TestRuns runs, VmProgram program, TestRun run) {
    byte[] data = run.data();
    if (run.flags() != 0
        || run.cpu() != 0
        || run.batchSize() != 0
        || data == null
        || data.length < IPV4_LEN
        || data.length > SkbTestRun.MAX_SIZE) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    byte[] user = TestRuns.contextIn(program, run, STATE_SIZE);
    int hook = LOCAL_OUT;
    int family = NFPROTO_IPV4;
    if (user != null) {
      check(program, user);
      hook = user[STATE_HOOK] & 0xff;
      family = user[STATE_PF];
    }
    Cpu cpu = runs.machine().cpus().enter();
    try {
      SkbContext skb = runs.skbs().take(cpu);
      BareContext block = runs.bareContexts().take(cpu);
      try {
        build(runs, program, skb, data, hook, family);
        long context = context(runs, block, skb.skb(), hook, family);
        Repeat repeat = Repeat.of(program, cpu, context, run.repeat());
        return TestRuns.result(run, repeat, new byte[0], 0, null);
      } finally {
        runs.bareContexts().give(cpu, block);
        runs.skbs().give(cpu, skb);
      }
    } finally {
      runs.machine().cpus().leave();
    }
  }

  private static void check(VmProgram program, byte[] user) {
    ByteBuffer in = ByteBuffer.wrap(user).order(ByteOrder.LITTLE_ENDIAN);
    boolean pointers = false;
    for (int at = STATE_IN; at < STATE_SIZE; at += Long.BYTES) {
      pointers |= in.getLong(at) != 0;
    }
    int family = in.get(STATE_PF);
    if (pointers || family != NFPROTO_IPV4 && family != NFPROTO_IPV6) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
  }

  /** Packets that leave begin with their network header, all others with an Ethernet header. */
  private static void build(
      TestRuns runs, VmProgram program, SkbContext context, byte[] data, int hook, int family) {
    Device device = runs.devices().loopback();
    Memory.copy(data, 0, context.packet(), data.length);
    boolean ipv4 = family == NFPROTO_IPV4;
    if (hook == LOCAL_OUT) {
      int protocol = ipv4 ? Skb.PROTOCOL_IP : Skb.PROTOCOL_IPV6;
      context.buildLocal(data.length, device, protocol);
      return;
    }
    if (data.length < Skb.ETH_HLEN + IPV4_LEN) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    context.build(data.length, device, false, false);
    int errno =
        switch (Skb.protocol(context.skb())) {
          case Skb.PROTOCOL_IP -> ipv4 ? 0 : Errno.EINVAL;
          case Skb.PROTOCOL_IPV6 ->
              ipv4 || data.length < Skb.ETH_HLEN + IPV6_LEN ? Errno.EINVAL : 0;
          default -> Errno.EPROTO;
        };
    if (errno != 0) {
      throw TestRuns.error(errno, program);
    }
  }

  private static long context(TestRuns runs, BareContext block, long skb, int hook, int family) {
    long context = block.put(new byte[CTX_SIZE + STATE_SIZE]);
    long state = context + CTX_SIZE;
    Memory.putLong(context + CTX_STATE, state);
    Memory.putLong(context + CTX_SKB, skb);
    Memory.putByte(state + STATE_HOOK, (byte) hook);
    Memory.putByte(state + STATE_PF, (byte) family);
    // The kernel names the device of the default hook, whatever hook was asked for.
    Memory.putLong(state + STATE_OUT, runs.devices().loopback().address());
    return context;
  }
}

package dev.skep.run;

import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.layout.SkLookupLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Test runs of socket lookup programs (bpf_prog_test_run_sk_lookup). */
final class SkLookupTestRun {
  // struct bpf_sk_lookup.
  private static final int SIZE = 72;
  private static final int FAMILY = 8;
  private static final int PROTOCOL = 12;
  private static final int REMOTE_IP4 = 16;
  private static final int REMOTE_IP6 = 20;
  private static final int REMOTE_PORT = 36;
  private static final int LOCAL_IP4 = 40;
  private static final int LOCAL_IP6 = 44;
  private static final int LOCAL_PORT = 60;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;

  private SkLookupTestRun() {}

  static TestRunResult run(TestRuns runs, VmProgram program, TestRun run) {
    if (run.flags() != 0
        || run.cpu() != 0
        || run.batchSize() != 0
        || run.data() != null
        || run.dataOutSize() >= 0) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    byte[] user = TestRuns.contextIn(program, run, SIZE);
    if (user == null) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    ByteBuffer in = ByteBuffer.wrap(user).order(ByteOrder.LITTLE_ENDIAN);
    check(program, in);
    Cpu cpu = runs.machine().cpus().enter();
    try {
      BareContext block = runs.bareContexts().take(cpu);
      try {
        long context = build(block, user, in);
        Repeat repeat = Repeat.of(program, cpu, context, run.repeat());
        Repeat passed = new Repeat((int) repeat.retval() == 1 ? 1 : 0, repeat.nanos());
        return TestRuns.result(run, passed, new byte[0], 0, user);
      } finally {
        runs.bareContexts().give(cpu, block);
      }
    } finally {
      runs.machine().cpus().leave();
    }
  }

  private static void check(VmProgram program, ByteBuffer in) {
    if (in.getLong(0) != 0 || in.getLong(LOCAL_PORT + 4) != 0) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    if (in.getInt(LOCAL_PORT) >>> 16 != 0) {
      throw TestRuns.error(Errno.ERANGE, program);
    }
    int family = in.getShort(FAMILY);
    if (family != AF_INET && family != AF_INET6) {
      throw TestRuns.error(Errno.EAFNOSUPPORT, program);
    }
  }

  private static long build(BareContext block, byte[] user, ByteBuffer in) {
    long context = block.put(new byte[SkLookupLayout.SIZE]);
    long copy = context + 128;
    Memory.copy(user, 0, copy, SIZE);
    Memory.putShort(context + SkLookupLayout.FAMILY, in.getShort(FAMILY));
    Memory.putShort(context + SkLookupLayout.PROTOCOL, in.getShort(PROTOCOL));
    Memory.putShort(context + SkLookupLayout.SPORT, in.getShort(REMOTE_PORT));
    Memory.putShort(context + SkLookupLayout.DPORT, in.getShort(LOCAL_PORT));
    if (in.getShort(FAMILY) == AF_INET) {
      Memory.putInt(context + SkLookupLayout.V4_SADDR, in.getInt(REMOTE_IP4));
      Memory.putInt(context + SkLookupLayout.V4_DADDR, in.getInt(LOCAL_IP4));
    } else {
      Memory.putLong(context + SkLookupLayout.V6_SADDR, copy + REMOTE_IP6);
      Memory.putLong(context + SkLookupLayout.V6_DADDR, copy + LOCAL_IP6);
    }
    return context;
  }
}

package dev.skep.run;

import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.ProgramType;
import org.jspecify.annotations.Nullable;

/** Test runs of programs on socket buffers (bpf_prog_test_run_skb). */
final class SkbTestRun {
  private static final int F_CHECKSUM_COMPLETE = 4;

  /** A page without headroom (NET_SKB_PAD) and skb_shared_info. */
  static final int MAX_SIZE = 4096 - 64 - 320;

  private static final int IPV4_LEN = 20;
  private static final int IPV6_LEN = 40;

  private SkbTestRun() {}

  static TestRunResult run(TestRuns runs, VmProgram program, TestRun run) {
    byte[] data = checkInput(program, run);
    byte[] context = TestRuns.contextIn(program, run, SkbMd.SIZE);
    Cpu cpu = runs.machine().cpus().enter();
    try {
      SkbContext skb = runs.skbs().take(cpu);
      try {
        return run(cpu, runs, skb, program, run, data, context);
      } finally {
        runs.maps().ownerGone(skb.sock());
        runs.skbs().give(cpu, skb);
      }
    } finally {
      runs.machine().cpus().leave();
    }
  }

  private static byte[] checkInput(VmProgram program, TestRun run) {
    byte[] data = run.data();
    if ((run.flags() & ~F_CHECKSUM_COMPLETE) != 0
        || run.cpu() != 0
        || run.batchSize() != 0
        || data == null
        || !isSize(data, 0, data.length)) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    return data;
  }

  /** Whether a frame is neither too short, what its Ethertype says considered, nor too long. */
  static boolean isSize(byte[] data, int offset, int size) {
    if (size < Skb.ETH_HLEN || size > MAX_SIZE) {
      return false;
    }
    return switch ((data[offset + 12] & 0xff) << 8 | data[offset + 13] & 0xff) {
      case 0x0800 -> size >= Skb.ETH_HLEN + IPV4_LEN;
      case 0x86dd -> size >= Skb.ETH_HLEN + IPV6_LEN;
      default -> true;
    };
  }

  /** Whether the program sees the Ethernet header. */
  static boolean isL2(ProgramType type) {
    return type == ProgramType.SCHED_CLS || type == ProgramType.SCHED_ACT;
  }

  /** Whether data and data_end are set for the program. */
  static boolean hasPacketAccess(ProgramType type) {
    return type != ProgramType.SOCKET_FILTER;
  }

  private static TestRunResult run(
      Cpu cpu,
      TestRuns runs,
      SkbContext context,
      VmProgram program,
      TestRun run,
      byte[] data,
      byte @Nullable [] md) {
    ProgramType type = program.program().type();
    long skb = context.skb();
    Memory.copy(data, 0, context.packet(), data.length);
    Device device = device(runs, md);
    if (device == null) {
      throw TestRuns.error(Errno.ENODEV, program);
    }
    context.build(data.length, device, isL2(type), hasPacketAccess(type));
    if (md != null) {
      int errno = SkbMd.apply(md, skb);
      if (errno != 0) {
        throw TestRuns.error(errno, program);
      }
    }
    boolean sum = (run.flags() & F_CHECKSUM_COMPLETE) != 0;
    if (sum) {
      SkbBits.csum(skb, networkSum(skb));
      SkbBits.ipSummed(skb, SkbBits.CHECKSUM_COMPLETE);
    }
    Repeat repeat = Repeat.of(program, cpu, skb, run.repeat());
    if (!isL2(type)) {
      Skb.push(skb, Skb.ETH_HLEN);
      Memory.fill(Skb.data(skb), Skb.ETH_HLEN, (byte) 0);
    }
    if (sum && Csum.fold(SkbBits.csum(skb)) != Csum.fold(networkSum(skb))) {
      throw TestRuns.error(Errno.EBADMSG, program);
    }
    if (md != null) {
      SkbMd.read(skb, md);
    }
    byte[] out = new byte[Skb.len(skb)];
    Memory.copy(Skb.data(skb), out, 0, out.length);
    return TestRuns.result(run, repeat, out, TestRuns.limit(run, out.length), md);
  }

  private static @Nullable Device device(TestRuns runs, byte @Nullable [] md) {
    int ifindex = md == null ? 0 : SkbMd.ifindex(md);
    return Integer.compareUnsigned(ifindex, 1) > 0
        ? runs.devices().find(ifindex)
        : runs.devices().loopback();
  }

  private static int networkSum(long skb) {
    int offset = Skb.networkOffset(skb);
    return Csum.partial(Skb.data(skb) + offset, Skb.len(skb) - offset, 0);
  }
}

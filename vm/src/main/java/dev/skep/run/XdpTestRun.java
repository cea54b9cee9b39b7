package dev.skep.run;

import dev.skep.engine.PreparedRun;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.Errno;
import dev.skep.machine.Cpu;
import dev.skep.natives.Memory;
import dev.skep.program.AttachType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Test runs of XDP programs (bpf_prog_test_run_xdp). */
final class XdpTestRun {
  private static final int F_LIVE_FRAMES = 2;
  private static final int MAX_BATCH = 256;

  // struct xdp_md.
  private static final int MD_SIZE = 24;
  private static final int MD_DATA = 0;
  private static final int MD_DATA_END = 4;
  private static final int MD_DATA_META = 8;
  private static final int MD_INGRESS_IFINDEX = 12;
  private static final int MD_RX_QUEUE_INDEX = 16;
  private static final int MD_EGRESS_IFINDEX = 20;

  private XdpTestRun() {}

  static TestRunResult run(TestRuns runs, VmProgram program, TestRun run) {
    checkOptions(program, run);
    byte[] md = TestRuns.contextIn(program, run, MD_SIZE);
    byte[] data = run.data();
    Shape shape = Shape.of(runs, program, data, md);
    if (isLive(run)) {
      return runLive(runs, program, run, shape);
    }
    Cpu cpu = runs.machine().cpus().enter();
    try {
      XdpContext xdp = runs.xdps().take(cpu);
      try {
        return run(cpu, xdp, program, run, shape, md);
      } finally {
        runs.xdps().give(cpu, xdp);
      }
    } finally {
      runs.machine().cpus().leave();
    }
  }

  /** Whether the program can be run at all: those of device and CPU maps cannot. */
  static boolean isPlain(VmProgram program) {
    int attach = program.program().expectedAttachType();
    return attach != AttachType.XDP_DEVMAP.number() && attach != AttachType.XDP_CPUMAP.number();
  }

  /** Whether frames of the run go where their verdicts send them. */
  static boolean isLive(TestRun run) {
    return (run.flags() & F_LIVE_FRAMES) != 0;
  }

  /** Puts an input in place for many runs from Java. */
  static PreparedRun prepare(TestRuns runs, VmProgram program, TestRun run) {
    checkOptions(program, run);
    Shape shape = Shape.of(runs, program, run.data(), TestRuns.contextIn(program, run, MD_SIZE));
    XdpContext context = new XdpContext(runs.machine().addressSpace());
    shape.put(context);
    return new XdpPrepared(runs.machine().cpus(), program, context);
  }

  private static void checkOptions(VmProgram program, TestRun run) {
    if (!isPlain(program)
        || (run.flags() & ~F_LIVE_FRAMES) != 0
        || (run.flags() & F_LIVE_FRAMES) == 0 && run.batchSize() != 0) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    if (Integer.compareUnsigned(run.batchSize(), MAX_BATCH) > 0) {
      throw TestRuns.error(Errno.E2BIG, program);
    }
  }

  /**
   * BPF_F_TEST_XDP_LIVE_FRAMES: each frame is a fresh copy of the packet, and where its verdict
   * sends it is out of sight. The kernel gives the input back to who wants output.
   */
  private static TestRunResult runLive(TestRuns runs, VmProgram program, TestRun run, Shape shape) {
    boolean output = run.dataOutSize() > 0 || run.contextOutSize() != 0;
    if (shape.data.length - shape.meta > XdpContext.MAX_LINEAR - XdpContext.PAGE_HEAD
        || shape.linear < shape.data.length
        || run.context() != null && output) {
      throw TestRuns.error(Errno.EINVAL, program);
    }
    long frames = Math.max(1, Integer.toUnsignedLong(run.repeat()));
    long nanos = 0;
    Cpu cpu = runs.machine().cpus().enter();
    try {
      XdpContext xdp = runs.xdps().take(cpu);
      try {
        for (long i = 0; i < frames; i++) {
          shape.put(xdp, XdpContext.FRAME_SIZE - XdpContext.PAGE_HEAD);
          nanos += Repeat.of(program, cpu, xdp.buff(), 1).nanos();
        }
      } finally {
        runs.xdps().give(cpu, xdp);
      }
    } finally {
      runs.machine().cpus().leave();
    }
    Repeat passed = new Repeat(0, nanos / frames);
    byte[] out = run.dataOutSize() > 0 ? shape.data.clone() : new byte[0];
    return TestRuns.result(run, passed, out, TestRuns.limit(run, out.length), null);
  }

  /**
   * How the input is laid out.
   *
   * @param data metadata and packet
   * @param device where it comes from
   * @param meta bytes of metadata
   * @param linear bytes of metadata and packet that lie in the frame
   */
  private record Shape(byte[] data, Device device, int meta, int linear) {
    static Shape of(
        TestRuns runs, VmProgram program, byte @Nullable [] data, byte @Nullable [] md) {
      int size = data == null ? 0 : data.length;
      int meta = 0;
      int linear = Integer.MAX_VALUE;
      if (md != null) {
        ByteBuffer in = ByteBuffer.wrap(md).order(ByteOrder.LITTLE_ENDIAN);
        meta = in.getInt(MD_DATA);
        linear = in.getInt(MD_DATA_END);
        if (in.getInt(MD_DATA_META) != 0
            || Integer.compareUnsigned(linear, size) > 0
            || Integer.compareUnsigned(meta, linear) > 0
            || !XdpHelpers.isMetaLength(meta)
            || meta > XdpContext.HEADROOM - XdpContext.FRAME_HEADER) {
          throw TestRuns.error(Errno.EINVAL, program);
        }
      }
      if (data == null || size - meta < Skb.ETH_HLEN) {
        throw TestRuns.error(Errno.EINVAL, program);
      }
      linear = Math.min(Math.min(linear, XdpContext.MAX_LINEAR + meta), size);
      Device device = runs.devices().loopback();
      if (md != null) {
        device = device(runs, program, ByteBuffer.wrap(md).order(ByteOrder.LITTLE_ENDIAN));
      }
      int frags = size - linear;
      if (frags > XdpContext.MAX_FRAGS * XdpContext.FRAG_SIZE) {
        throw TestRuns.error(Errno.ENOMEM, program);
      }
      return new Shape(data, device, meta, linear);
    }

    /** Lays the input out in a context. */
    void put(XdpContext context) {
      put(context, XdpContext.FRAME_SIZE);
    }

    void put(XdpContext context, int frameSize) {
      int start = XdpContext.HEADROOM - meta;
      Memory.copy(data, 0, context.frame() + start, linear);
      context.clear(start, start + linear);
      int frags = data.length - linear;
      if (frags > 0) {
        Memory.copy(data, linear, context.frags(), frags);
      }
      context.build(device, start, meta, linear, frags, frameSize);
    }

    private static Device device(TestRuns runs, VmProgram program, ByteBuffer in) {
      int ingress = in.getInt(MD_INGRESS_IFINDEX);
      int queue = in.getInt(MD_RX_QUEUE_INDEX);
      if (in.getInt(MD_EGRESS_IFINDEX) != 0 || ingress == 0 && queue != 0) {
        throw TestRuns.error(Errno.EINVAL, program);
      }
      Device device = ingress == 0 ? runs.devices().loopback() : runs.devices().find(ingress);
      if (device == null) {
        throw TestRuns.error(Errno.ENODEV, program);
      }
      if (queue != 0) {
        throw TestRuns.error(Errno.EINVAL, program);
      }
      return device;
    }
  }

  private static TestRunResult run(
      Cpu cpu,
      XdpContext context,
      VmProgram program,
      TestRun run,
      Shape shape,
      byte @Nullable [] md) {
    shape.put(context);
    long xdp = context.buff();
    Repeat repeat = Repeat.of(program, cpu, xdp, run.repeat());
    long meta = Xdp.dataMeta(xdp);
    int linear = (int) (Xdp.dataEnd(xdp) - meta);
    int left = Xdp.fragsLength(xdp);
    byte[] out = new byte[linear + left];
    Memory.copy(meta, out, 0, linear);
    if (left > 0) {
      Memory.copy(Memory.getLong(xdp + XdpContext.FRAGS), out, linear, left);
    }
    int limit = TestRuns.limit(run, out.length);
    if (limit < out.length && limit < left) {
      // The kernel counts the fragments first, and then copies nothing.
      limit = 0;
    }
    if (md != null) {
      ByteBuffer fields = ByteBuffer.wrap(md).order(ByteOrder.LITTLE_ENDIAN);
      fields.putInt(MD_DATA, (int) (Xdp.data(xdp) - meta));
      fields.putInt(MD_DATA_END, linear);
    }
    return TestRuns.result(run, repeat, out, limit, md);
  }
}

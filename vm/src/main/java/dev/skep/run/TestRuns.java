package dev.skep.run;

import dev.skep.engine.PacketBatch;
import dev.skep.engine.TestRun;
import dev.skep.engine.TestRunResult;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.machine.AddressSpace;
import dev.skep.machine.Machine;
import dev.skep.map.Maps;
import dev.skep.program.ProgramType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** BPF_PROG_TEST_RUN for the program types that have it (net/bpf/test_run.c). */
final class TestRuns implements AutoCloseable {
  private final Machine machine;
  private final KernelVariables variables;
  private final Devices devices;
  private final Maps maps;
  private final ContextPool<SkbContext> skbs;
  private final ContextPool<XdpContext> xdps;
  private final ContextPool<BareContext> bareContexts;
  private final ContextPool<XdpFrames> xdpFrames;
  private final ContextPool<SkbFrames> skbFrames;

  TestRuns(Maps maps, Devices devices, KernelVariables variables) {
    this.variables = variables;
    this.maps = maps;
    machine = maps.machine();
    AddressSpace space = machine.addressSpace();
    this.devices = devices;
    skbs = new ContextPool<>(machine.cpus(), () -> new SkbContext(space));
    xdps = new ContextPool<>(machine.cpus(), () -> new XdpContext(space));
    bareContexts = new ContextPool<>(machine.cpus(), () -> new BareContext(space));
    skbFrames = new ContextPool<>(machine.cpus(), () -> new SkbFrames(space));
    xdpFrames = new ContextPool<>(machine.cpus(), () -> new XdpFrames(space));
  }

  Machine machine() {
    return machine;
  }

  Maps maps() {
    return maps;
  }

  Devices devices() {
    return devices;
  }

  ContextPool<SkbContext> skbs() {
    return skbs;
  }

  ContextPool<XdpContext> xdps() {
    return xdps;
  }

  ContextPool<BareContext> bareContexts() {
    return bareContexts;
  }

  /** The memory for many packets of a program in one call, or null where there is no such way. */
  @Nullable ContextPool<? extends PacketLoop> loops(VmProgram program) {
    return switch (program.program().type()) {
      case XDP -> XdpTestRun.isPlain(program) ? xdpFrames : null;
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT -> skbFrames;
      default -> null;
    };
  }

  /** Whether programs of that type can run here, by a test run or out of a tail call. */
  static boolean runs(ProgramType type) {
    return switch (type) {
      case XDP,
          SOCKET_FILTER,
          SCHED_CLS,
          SCHED_ACT,
          CGROUP_SKB,
          LWT_IN,
          LWT_OUT,
          LWT_XMIT,
          RAW_TRACEPOINT,
          SYSCALL,
          FLOW_DISSECTOR,
          SK_LOOKUP,
          NETFILTER ->
          true;
      default -> false;
    };
  }

  TestRunResult run(VmProgram program, TestRun run) {
    variables.refresh();
    ProgramType type = program.program().type();
    return switch (type) {
      case XDP -> XdpTestRun.run(this, program, run);
      case SOCKET_FILTER, SCHED_CLS, SCHED_ACT, CGROUP_SKB, LWT_IN, LWT_OUT, LWT_XMIT ->
          SkbTestRun.run(this, program, run);
      case RAW_TRACEPOINT, SYSCALL -> BareTestRun.run(this, program, run);
      case FLOW_DISSECTOR -> FlowTestRun.run(this, program, run);
      case SK_LOOKUP -> SkLookupTestRun.run(this, program, run);
      case NETFILTER -> NetfilterTestRun.run(this, program, run);
      case TRACING, STRUCT_OPS ->
          throw new UnsupportedException("test run of programs of type " + type.text());
      default -> throw error(Errno.ENOTSUPP, program);
    };
  }

  long run(VmProgram program, PacketBatch batch) {
    variables.refresh();
    return PacketRuns.run(this, program, batch);
  }

  static BpfErrnoException error(int errno, VmProgram program) {
    return new BpfErrnoException(errno, "run of \"" + program.program().name() + "\"");
  }

  /**
   * The context that the user gave, at the structure's size; null when neither input nor output is
   * wanted (bpf_ctx_init).
   */
  static byte @Nullable [] contextIn(VmProgram program, TestRun run, int size) {
    byte[] given = run.context();
    if (given == null) {
      return run.contextOutSize() > 0 ? new byte[size] : null;
    }
    for (int i = size; i < given.length; i++) {
      if (given[i] != 0) {
        throw error(Errno.E2BIG, program);
      }
    }
    return Arrays.copyOf(given, size);
  }

  /** The result, cut to what the user wants (bpf_test_finish, bpf_ctx_finish). */
  static TestRunResult result(
      TestRun run, Repeat runs, byte[] data, int cut, byte @Nullable [] context) {
    int retval = (int) runs.retval();
    if (cut < data.length) {
      return new TestRunResult(
          Errno.ENOSPC, retval, Arrays.copyOf(data, cut), data.length, null, runs.nanos());
    }
    int wanted = run.contextOutSize();
    if (context != null && wanted >= 0 && wanted < context.length) {
      byte[] part = Arrays.copyOf(context, wanted);
      return new TestRunResult(Errno.ENOSPC, retval, data, data.length, part, runs.nanos());
    }
    return new TestRunResult(0, retval, data, data.length, context, runs.nanos());
  }

  /** How many bytes of output fit what the user offers; 0 asks for all. */
  static int limit(TestRun run, int size) {
    int offered = run.dataOutSize();
    return offered > 0 ? Math.min(offered, size) : size;
  }

  @Override
  public void close() {
    skbs.close();
    xdps.close();
    xdpFrames.close();
    skbFrames.close();
    bareContexts.close();
  }
}

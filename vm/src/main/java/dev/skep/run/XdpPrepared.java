package dev.skep.run;

import dev.skep.engine.PreparedRun;
import dev.skep.machine.Cpu;
import dev.skep.machine.Cpus;
import org.jspecify.annotations.Nullable;

/** An XDP program with its packet in a frame of its own. */
final class XdpPrepared implements PreparedRun {
  private final Cpus cpus;
  private final VmProgram program;
  private final XdpContext context;
  private final long buff;
  private @Nullable Thread owner;
  private Cpus.@Nullable Lease lease;

  /**
   * @param context built; closed with this
   */
  XdpPrepared(Cpus cpus, VmProgram program, XdpContext context) {
    this.cpus = cpus;
    this.program = program;
    this.context = context;
    this.buff = context.buff();
    if (!program.retain()) {
      throw new IllegalStateException("closed: program \"" + program.program().name() + "\"");
    }
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // a thread is itself and no other
  public int run() {
    Thread thread = Thread.currentThread();
    Cpus.Lease held = lease;
    if (thread != owner || held == null) {
      held = cpus.lease();
      lease = held;
      owner = thread;
    }
    Cpu cpu = held.enter();
    try {
      return (int) program.executable().run(cpu, buff);
    } finally {
      held.leave();
    }
  }

  @Override
  public void close() {
    program.release();
    context.close();
  }
}

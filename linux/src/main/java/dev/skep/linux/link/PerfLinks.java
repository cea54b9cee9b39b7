package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.engine.LinkInfo;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.linux.sys.PerfEvents;
import dev.skep.program.AttachType;
import java.nio.file.Path;

/**
 * Programs on perf events: by a link since Linux 5.15, by an ioctl before. The event ends with the
 * link.
 */
final class PerfLinks {
  private PerfLinks() {}

  /**
   * Opens the event, attaches the program and switches the event on.
   *
   * @param pid a process, or -1 for all
   */
  static Link attach(
      Attachee program, KernelAttachPoint point, PerfEvents.Event event, int pid, long cookie) {
    // As libbpf does: an event of all processes must sit on some CPU; its program runs on every.
    return attach(program, point, event, pid, pid < 0 ? 0 : -1, cookie, () -> {});
  }

  /** As above, on a CPU, and with what is to be undone after the event is gone. */
  static Link attach(
      Attachee program,
      KernelAttachPoint point,
      PerfEvents.Event event,
      int pid,
      int cpu,
      long cookie,
      Runnable undo) {
    PerfEvents events = new PerfEvents(program.syscalls());
    int opened = events.open(event, pid, cpu);
    if (opened < 0) {
      undo.run();
      throw new BpfErrnoException(-opened, program.what(point), Hints.of(point, -opened));
    }
    Ending ending = new Ending(events, new Fd(program.syscalls(), opened), undo);
    try {
      return enabled(attach(program, point, ending, cookie), ending, program.what(point));
    } catch (RuntimeException failed) {
      ending.run();
      throw failed;
    }
  }

  private static Link attach(
      Attachee program, KernelAttachPoint point, Ending ending, long cookie) {
    int event = ending.event.number();
    int result =
        program.create(
            event,
            AttachType.PERF_EVENT.number(),
            0,
            attr -> attr.putLong(dev.skep.linux.sys.LinkLayout.Create.PERF_COOKIE, cookie));
    if (result >= 0) {
      return new Linked(program.bpf(), new Fd(program.syscalls(), result), point, ending);
    }
    if (result != -Errno.EINVAL || cookie != 0) {
      throw new BpfErrnoException(-result, program.what(point), Hints.of(point, -result));
    }
    int set = ending.events.setBpf(event, program.fd());
    if (set < 0) {
      throw new BpfErrnoException(-set, program.what(point), Hints.of(point, -set));
    }
    return new ByIoctl(program.commands(), point, ending, program.fd());
  }

  private static Link enabled(Link link, Ending ending, String what) {
    int result = ending.events.enable(ending.event.number());
    if (result < 0) {
      link.close();
      throw new BpfErrnoException(-result, what);
    }
    return link;
  }

  /** The end of an event. */
  private static final class Ending implements Runnable {
    private final PerfEvents events;
    private final Fd event;
    private final Runnable undo;
    private boolean done;

    Ending(PerfEvents events, Fd event, Runnable undo) {
      this.events = events;
      this.event = event;
      this.undo = undo;
    }

    @Override
    public void run() {
      if (!done) {
        done = true;
        event.close();
        undo.run();
      }
    }

    void disable() {
      events.disable(event.number());
    }
  }

  /** A link to a perf event. */
  private static final class Linked extends FdLink {
    private final Ending ending;

    Linked(Bpf bpf, Fd fd, KernelAttachPoint point, Ending ending) {
      super(bpf, fd, point);
      this.ending = ending;
    }

    @Override
    void ended() {
      ending.run();
    }
  }

  /** A program that an ioctl gave to a perf event, before Linux 5.15. */
  private static final class ByIoctl implements Link {
    private final KernelAttachPoint point;
    private final Ending ending;
    private final int programId;
    private boolean closed;

    ByIoctl(LinkCommands commands, KernelAttachPoint point, Ending ending, int program) {
      this.point = point;
      this.ending = ending;
      this.programId = commands.programId(program);
    }

    private void alive() {
      if (closed) {
        throw new IllegalStateException("link to " + point.describe() + " is closed");
      }
    }

    @Override
    public synchronized LinkInfo info() {
      alive();
      return new LinkInfo("perf_event_ioctl", 0, programId, point.describe());
    }

    @Override
    public synchronized void update(LoadedProgram program) {
      alive();
      throw new UnsupportedException(
          "update of the link to "
              + point.describe()
              + ": such links keep their program; attach anew");
    }

    @Override
    public synchronized void pin(Path file) {
      alive();
      throw new UnsupportedException(
          "pin of " + point.describe() + ": this kernel has no perf event links (Linux 5.15)");
    }

    @Override
    public synchronized void detach() {
      alive();
      throw new UnsupportedException(
          "detach of " + point.describe() + ": only closing ends such a link");
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        ending.disable();
        ending.run();
      }
    }
  }
}

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
import java.nio.file.Path;

/** A link of the kernel's own (struct bpf_link): it ends with its last descriptor or pin. */
class FdLink implements Link, KernelHandle {
  private final LinkCommands commands;
  private final Fd fd;
  private final String place;
  private final boolean updates;
  private boolean closed;

  FdLink(Bpf bpf, Fd fd, KernelAttachPoint point) {
    this(bpf, fd, point.describe(), updates(point));
  }

  /**
   * @param place names the place in errors
   * @param updates whether links of that kind can change their program
   */
  FdLink(Bpf bpf, Fd fd, String place, boolean updates) {
    this.commands = new LinkCommands(bpf);
    this.fd = fd;
    this.place = place;
    this.updates = updates;
  }

  @Override
  public synchronized int fd() {
    if (closed) {
      throw new IllegalStateException("link to " + place + " is closed");
    }
    return fd.number();
  }

  private String what(String operation) {
    return operation + " of the link to " + place;
  }

  @Override
  public synchronized LinkInfo info() {
    return LinkInfos.of(commands, fd());
  }

  @Override
  public synchronized void update(LoadedProgram program) {
    int result = commands.update(fd(), Attachee.fdOf(program));
    if (result == 0) {
      return;
    }
    if ((result == -Errno.EINVAL || result == -Errno.EOPNOTSUPP) && !updates) {
      throw new UnsupportedException(
          what("update") + ": such links keep their program; attach anew");
    }
    throw new BpfErrnoException(-result, what("update"), Hints.ofUpdate(-result));
  }

  /** Whether the kernel has an update for links of that kind (bpf_link_ops.update_prog). */
  private static boolean updates(KernelAttachPoint point) {
    return switch (point) {
      case Xdp _, Tcx _, Netkit _, Cgroup _, NetNamespace _, Iter _, SockMap _ -> true;
      case TcFilter _,
          Tracepoint _,
          RawTracepoint _,
          Kprobe _,
          KprobeMulti _,
          Uprobe _,
          UprobeMulti _,
          PerfSampling _,
          BtfHook _,
          ProgramFunction _,
          Netfilter _ ->
          false;
    };
  }

  @Override
  public synchronized void pin(Path file) {
    commands.pin(fd(), file, what("pin"));
  }

  @Override
  public synchronized void detach() {
    int result = commands.detach(fd());
    if (result == -Errno.EOPNOTSUPP || result == -Errno.EINVAL) {
      throw new UnsupportedException(what("detach") + ": only closing ends such a link");
    }
    if (result < 0) {
      throw new BpfErrnoException(-result, what("detach"));
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      fd.close();
      ended();
    }
  }

  /** What else ends with the link. */
  void ended() {}

  @Override
  public String toString() {
    return "link to " + place;
  }
}

package dev.skep.linux.link;

import dev.skep.engine.AttachPoint;
import dev.skep.engine.Freplace;
import dev.skep.engine.Link;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.Bpf;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.natives.Syscalls;
import dev.skep.program.Program;

/** Attaches one program of the kernel engine. */
public final class Attacher {
  private final Attachee program;

  /**
   * @param fd of the loaded program, open as long as attachments are made
   */
  public Attacher(Syscalls syscalls, int fd, Program program) {
    Bpf bpf = new Bpf(syscalls);
    this.program = new Attachee(bpf, new LinkCommands(bpf), fd, program);
  }

  /** To the place that the program's section names. */
  public Link attach() {
    return attach(SectionPlace.of(program.program()));
  }

  /** To a place of the kernel. */
  public Link attach(AttachPoint point) {
    if (point instanceof Freplace function) {
      return new ProgramFunction(function).attach(program);
    }
    if (!(point instanceof KernelAttachPoint place)) {
      throw new UnsupportedException(
          "attach of program \""
              + program.program().name()
              + "\": "
              + point.describe()
              + " is no place of the kernel");
    }
    return switch (place) {
      case Xdp xdp -> xdp.attach(program);
      case Tcx tcx -> tcx.attach(program);
      case Netkit netkit -> netkit.attach(program);
      case TcFilter filter -> filter.attach(program);
      case Tracepoint tracepoint -> tracepoint.attach(program);
      case RawTracepoint tracepoint -> tracepoint.attach(program);
      case Kprobe probe -> probe.attach(program);
      case KprobeMulti probes -> probes.attach(program);
      case Uprobe probe -> probe.attach(program);
      case UprobeMulti probes -> probes.attach(program);
      case PerfSampling event -> event.attach(program);
      case ProgramFunction function -> function.attach(program);
      case BtfHook hook -> hook.attach(program);
      case Iter iter -> iter.attach(program);
      case Cgroup cgroup -> cgroup.attach(program);
      case NetNamespace namespace -> namespace.attach(program);
      case Netfilter hook -> hook.attach(program);
      case SockMap map -> map.attach(program);
    };
  }
}

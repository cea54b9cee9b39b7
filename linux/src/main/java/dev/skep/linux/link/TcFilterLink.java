package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.engine.LinkInfo;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.net.Netlink;
import dev.skep.linux.net.NetlinkException;
import dev.skep.linux.net.TrafficControl;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A tc filter. It would stay when this process ends; closing removes it, and with the last filter
 * the clsact discipline too, if it was made here.
 */
final class TcFilterLink implements Link {
  private final Netlink netlink;
  private final TcFilter point;
  private final int device;
  private final OwnQdiscs.@Nullable Key qdisc;
  private TrafficControl.Filter filter;
  private boolean closed;

  private TcFilterLink(
      Netlink netlink,
      TcFilter point,
      int device,
      OwnQdiscs.@Nullable Key qdisc,
      TrafficControl.Filter filter) {
    this.netlink = netlink;
    this.point = point;
    this.device = device;
    this.qdisc = qdisc;
    this.filter = filter;
  }

  static Link attach(Attachee program, TcFilter point, int device) {
    String what = program.what(point);
    Netlink netlink = Netlink.open(program.syscalls());
    TrafficControl control = new TrafficControl(netlink);
    OwnQdiscs.Key qdisc = OwnQdiscs.key(device);
    try {
      if (control.createClsact(device)) {
        OwnQdiscs.made(qdisc);
      }
      try {
        TrafficControl.Filter filter =
            set(control, point, device, program.fd(), program.program().name(), what);
        return new TcFilterLink(netlink, point, device, qdisc, filter);
      } catch (NetlinkException refused) {
        OwnQdiscs.removeIfUnused(control, device, qdisc);
        throw refused;
      }
    } catch (NetlinkException refused) {
      netlink.close();
      throw Refusals.of(refused, what, point);
    } catch (RuntimeException failed) {
      netlink.close();
      throw failed;
    }
  }

  private static TrafficControl.Filter set(
      TrafficControl control, TcFilter point, int device, int program, String name, String what)
      throws NetlinkException {
    return control.set(
        device,
        point.direction(),
        point.handle(),
        point.priority(),
        program,
        name,
        point.direct(),
        point.replace(),
        what);
  }

  private void alive() {
    if (closed) {
      throw new IllegalStateException("link to " + point.describe() + " is closed");
    }
  }

  @Override
  public synchronized LinkInfo info() {
    alive();
    return new LinkInfo(
        "tc_filter",
        0,
        filter.programId(),
        (point.egress() ? "egress" : "ingress")
            + " of ifindex "
            + device
            + " priority "
            + filter.priority()
            + " handle "
            + Integer.toUnsignedString(filter.handle()));
  }

  @Override
  public synchronized void update(LoadedProgram program) {
    alive();
    TcFilter exact = point.at(filter.handle(), filter.priority()).replacing();
    String what = "update of " + point.describe();
    try {
      filter =
          set(
              new TrafficControl(netlink),
              exact,
              device,
              Attachee.fdOf(program),
              program.program().name(),
              what);
    } catch (NetlinkException refused) {
      throw Refusals.of(refused, what, point);
    }
  }

  @Override
  public void pin(Path file) {
    throw new UnsupportedException("pin of " + point.describe() + ": a tc filter is not a link");
  }

  @Override
  public synchronized void detach() {
    alive();
    remove();
  }

  private void remove() {
    TrafficControl control = new TrafficControl(netlink);
    String what = "detach from " + point.describe();
    try {
      control.delete(device, point.direction(), filter.handle(), filter.priority(), what);
    } catch (NetlinkException refused) {
      // The filter, its discipline or the device may have been removed by others.
      switch (refused.errno()) {
        case Errno.ENOENT, Errno.ENODEV, Errno.EINVAL -> {}
        default -> throw new BpfErrnoException(refused.errno(), what);
      }
    }
    OwnQdiscs.removeIfUnused(control, device, qdisc);
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      remove();
    } finally {
      netlink.close();
    }
  }
}

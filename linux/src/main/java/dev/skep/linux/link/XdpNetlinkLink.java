package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.engine.LinkInfo;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.net.Devices;
import dev.skep.linux.net.Netlink;
import dev.skep.linux.net.NetlinkException;
import dev.skep.linux.sys.Fd;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.natives.Syscalls;
import java.nio.file.Path;

/**
 * An XDP program set by netlink. It would stay when this process ends; closing removes it, but only
 * while it is the one that is there. The socket keeps the network namespace in which it was set.
 */
final class XdpNetlinkLink implements Link {
  private final Syscalls syscalls;
  private final LinkCommands commands;
  private final Netlink netlink;
  private final Xdp point;
  private final int device;
  private Fd program;
  private boolean closed;

  private XdpNetlinkLink(Attachee program, Netlink netlink, Fd copy, Xdp point, int device) {
    this.syscalls = program.syscalls();
    this.commands = program.commands();
    this.netlink = netlink;
    this.point = point;
    this.device = device;
    this.program = copy;
  }

  static Link attach(Attachee program, Xdp point, int device) {
    Fd copy = Fd.duplicate(program.syscalls(), program.fd());
    Netlink netlink = Netlink.open(program.syscalls());
    XdpNetlinkLink link = new XdpNetlinkLink(program, netlink, copy, point, device);
    try {
      boolean replace = point.replacedFd() >= 0;
      int flags = point.mode().flag | (replace ? Devices.XDP_REPLACE : Devices.XDP_IF_NO_EXIST);
      String what = program.what(point);
      new Devices(netlink).xdp(device, program.fd(), flags, point.replacedFd(), what);
      return link;
    } catch (NetlinkException refused) {
      link.release();
      throw Refusals.of(refused, program.what(point), point);
    } catch (RuntimeException failed) {
      link.release();
      throw failed;
    }
  }

  private void alive() {
    if (closed) {
      throw new IllegalStateException("link to " + point.describe() + " is closed");
    }
  }

  @Override
  public synchronized LinkInfo info() {
    alive();
    try {
      int id = new Devices(netlink).byIndex(device).xdpProgram();
      return new LinkInfo("xdp_netlink", 0, id, "ifindex " + device);
    } catch (NetlinkException refused) {
      throw Refusals.of(refused, "info of " + point.describe(), point);
    }
  }

  @Override
  public synchronized void update(LoadedProgram next) {
    alive();
    Fd copy = Fd.duplicate(syscalls, Attachee.fdOf(next));
    try {
      set(copy.number());
    } catch (NetlinkException refused) {
      copy.close();
      throw Refusals.of(refused, "update of " + point.describe(), point);
    }
    program.close();
    program = copy;
  }

  /** Puts another program, or none for -1, in the place of ours. */
  private void set(int next) throws NetlinkException {
    Devices devices = new Devices(netlink);
    int flags = point.mode().flag;
    String what = "change of " + point.describe();
    try {
      devices.xdp(device, next, flags | Devices.XDP_REPLACE, program.number(), what);
    } catch (NetlinkException refused) {
      // Before Linux 5.7 nothing compares for us; between these two calls another may come in.
      if (refused.errno() != Errno.EINVAL
          || devices.byIndex(device).xdpProgram() != commands.programId(program.number())) {
        throw refused;
      }
      devices.xdp(device, next, flags, -1, what);
    }
  }

  @Override
  public void pin(Path file) {
    throw new UnsupportedException("pin of " + point.describe() + ": set by netlink, not a link");
  }

  @Override
  public synchronized void detach() {
    alive();
    remove();
  }

  private void remove() {
    try {
      set(-1);
    } catch (NetlinkException refused) {
      // EEXIST and ENOENT: another program is there by now, or none; ENODEV: the device is gone.
      switch (refused.errno()) {
        case Errno.EEXIST, Errno.ENOENT, Errno.ENODEV -> {}
        default -> throw new BpfErrnoException(refused.errno(), "detach from " + point.describe());
      }
    }
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
      release();
    }
  }

  private void release() {
    program.close();
    netlink.close();
  }
}

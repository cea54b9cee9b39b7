package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.engine.LoadedProgram;
import dev.skep.errors.Errno;
import dev.skep.program.AttachType;

/**
 * The XDP hook of a device: one program sees every frame that comes in.
 *
 * @param mode who runs the program
 * @param netlink whether to use the older way, which has no links; without it that way is taken
 *     where the kernel has no xdp links (before Linux 5.9)
 * @param replacedFd descriptor of the program that is expected there and replaced, or -1; only by
 *     netlink, since links are replaced by {@link Link#update}
 */
public record Xdp(NetDevice device, Mode mode, boolean netlink, int replacedFd)
    implements KernelAttachPoint {
  /** Who runs the program (XDP_FLAGS_*_MODE). */
  public enum Mode {
    /** The driver, or the network stack where the driver cannot. */
    ANY(0),
    /** The network stack, behind the allocation of the socket buffer. */
    GENERIC(1 << 1),
    /** The driver. */
    NATIVE(1 << 2),
    /** The device. */
    OFFLOAD(1 << 3);

    final int flag;

    Mode(int flag) {
      this.flag = flag;
    }
  }

  /** In the mode that the kernel chooses. */
  public static Xdp on(String device) {
    return on(NetDevice.named(device));
  }

  /** As {@link #on(String)}. */
  public static Xdp on(NetDevice device) {
    return new Xdp(device, Mode.ANY, false, -1);
  }

  public Xdp generic() {
    return new Xdp(device, Mode.GENERIC, netlink, replacedFd);
  }

  /** In the driver ("native" mode). */
  public Xdp driver() {
    return new Xdp(device, Mode.NATIVE, netlink, replacedFd);
  }

  public Xdp offload() {
    return new Xdp(device, Mode.OFFLOAD, netlink, replacedFd);
  }

  /** By netlink, as before Linux 5.9. */
  public Xdp overNetlink() {
    return new Xdp(device, mode, true, replacedFd);
  }

  /** By netlink, in the place of a program that must be there (Linux 5.7). */
  public Xdp replacing(LoadedProgram program) {
    return new Xdp(device, mode, true, Attachee.fdOf(program));
  }

  Link attach(Attachee program) {
    int index = device.resolve(program.syscalls(), program.what(this));
    if (!netlink) {
      int result = program.create(index, AttachType.XDP.number(), mode.flag, Attachee.Options.NONE);
      // A kernel without such links says EINVAL, which has other causes too: netlink names them.
      if (result != -Errno.EINVAL) {
        return program.link(this, result);
      }
    }
    return XdpNetlinkLink.attach(program, this, index);
  }

  @Override
  public String describe() {
    return "xdp of " + device.describe();
  }
}

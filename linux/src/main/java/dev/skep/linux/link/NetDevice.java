package dev.skep.linux.link;

import dev.skep.errors.BpfErrnoException;
import dev.skep.linux.net.Devices;
import dev.skep.linux.net.Netlink;
import dev.skep.linux.net.NetlinkException;
import dev.skep.natives.Syscalls;

/**
 * A device of the calling thread's network namespace, by name or by number.
 *
 * @param name empty where the number is given
 * @param index its number (ifindex), or 0 where the name is given
 */
public record NetDevice(String name, int index) {
  /** The device of that name, looked up when a program is attached. */
  public static NetDevice named(String name) {
    return new NetDevice(name, 0);
  }

  /** The device of that number. */
  public static NetDevice numbered(int index) {
    if (index <= 0) {
      throw new IllegalArgumentException("device number " + index);
    }
    return new NetDevice("", index);
  }

  String describe() {
    return index == 0 ? name : "ifindex " + index;
  }

  /** The number, asked of the kernel where only the name is known. */
  int resolve(Syscalls syscalls, String what) {
    if (index != 0) {
      return index;
    }
    try (Netlink netlink = Netlink.open(syscalls)) {
      return new Devices(netlink).byName(name).index();
    } catch (NetlinkException refused) {
      throw new BpfErrnoException(
          refused.errno(), what, "no device \"" + name + "\" in this network namespace");
    }
  }
}

package dev.skep.linux.link;

import dev.skep.engine.Link;
import dev.skep.linux.net.Netlink;
import dev.skep.linux.net.NetlinkException;
import dev.skep.linux.net.TrafficControl;
import dev.skep.linux.net.TrafficControl.Direction;
import dev.skep.natives.Syscalls;
import java.util.List;

/**
 * A BPF filter of a device's clsact discipline, as tc(8) and libbpf's bpf_tc_attach set it: any
 * kernel since 4.5. The discipline is made where it is missing.
 *
 * @param handle the filter's number within its priority, or 0 to let the kernel choose
 * @param priority 1 to 65535, lower ones run first, or 0 to let the kernel choose
 * @param direct whether the program's result is the verdict (TC_ACT_*), not a class
 * @param replace whether a filter of that handle and priority is replaced
 */
public record TcFilter(
    NetDevice device, boolean egress, int handle, int priority, boolean direct, boolean replace)
    implements KernelAttachPoint {
  private static final int MAX_PRIORITY = 0xffff;

  public TcFilter {
    if (priority < 0 || priority > MAX_PRIORITY) {
      throw new IllegalArgumentException("priority " + priority + " of a tc filter");
    }
    if (replace && (handle == 0 || priority == 0)) {
      throw new IllegalArgumentException("a tc filter is replaced by its handle and priority");
    }
  }

  public static TcFilter ingress(String device) {
    return new TcFilter(NetDevice.named(device), false, 0, 0, true, false);
  }

  public static TcFilter egress(String device) {
    return new TcFilter(NetDevice.named(device), true, 0, 0, true, false);
  }

  /** With a handle and a priority of its own. */
  public TcFilter at(int newHandle, int newPriority) {
    return new TcFilter(device, egress, newHandle, newPriority, direct, false);
  }

  /** The program's result is a class, not a verdict. */
  public TcFilter asClassifier() {
    return new TcFilter(device, egress, handle, priority, false, replace);
  }

  /** In the place of the filter with that handle and priority, if there is one. */
  public TcFilter replacing() {
    return new TcFilter(device, egress, handle, priority, direct, true);
  }

  /**
   * A filter that is set.
   *
   * @param direct whether the program's result is the verdict
   */
  public record State(int handle, int priority, int programId, boolean direct, String name) {}

  /** The BPF filters that are set there now, in the order in which they run. */
  public List<State> query() {
    String what = "query of " + describe();
    try (Netlink netlink = Netlink.open(Syscalls.host())) {
      return new TrafficControl(netlink)
          .filters(device.resolve(Syscalls.host(), what), direction()).stream()
              .map(f -> new State(f.handle(), f.priority(), f.programId(), f.direct(), f.name()))
              .toList();
    } catch (NetlinkException refused) {
      throw Refusals.of(refused, what, this);
    }
  }

  Direction direction() {
    return egress ? Direction.EGRESS : Direction.INGRESS;
  }

  Link attach(Attachee program) {
    return TcFilterLink.attach(
        program, this, device.resolve(program.syscalls(), program.what(this)));
  }

  @Override
  public String describe() {
    return "tc " + (egress ? "egress" : "ingress") + " of " + device.describe();
  }
}

package dev.skep.linux.net;

import dev.skep.errors.Errno;
import java.util.List;

/** The clsact discipline of a device and its BPF filters, as libbpf's bpf_tc_* set them. */
public final class TrafficControl {
  private static final int RTM_NEWQDISC = 36;
  private static final int RTM_DELQDISC = 37;
  private static final int RTM_NEWTFILTER = 44;
  private static final int RTM_DELTFILTER = 45;
  private static final int RTM_GETTFILTER = 46;

  private static final int TCA_KIND = 1;
  private static final int TCA_OPTIONS = 2;
  private static final int BPF_FD = 6;
  private static final int BPF_NAME = 7;
  private static final int BPF_FLAGS = 8;
  private static final int BPF_ID = 11;
  private static final int ACT_DIRECT = 1;

  private static final int CLSACT = 0xfffffff1;
  private static final int CLSACT_HANDLE = 0xffff0000;
  private static final int HEADER_BYTES = 20;

  /** ETH_P_ALL in network order, as tcm_info holds it. */
  private static final int ALL_PROTOCOLS = 0x0300;

  private final Netlink netlink;

  public TrafficControl(Netlink netlink) {
    this.netlink = netlink;
  }

  /** Where packets pass: the minor number of clsact's two classes. */
  public enum Direction {
    INGRESS(0xfffffff2),
    EGRESS(0xfffffff3);

    private final int parent;

    Direction(int parent) {
      this.parent = parent;
    }
  }

  /**
   * A BPF filter.
   *
   * @param handle its number within the priority
   * @param priority 1 to 65535: lower ones run first
   * @param programId the number of its program
   * @param direct whether the program's result is the verdict (direct action)
   */
  public record Filter(int handle, int priority, int programId, boolean direct, String name) {}

  private static NetlinkRequest request(
      int type, int flags, int device, int handle, int parent, int info) {
    return new NetlinkRequest(type, flags).u32(0).u32(device).u32(handle).u32(parent).u32(info);
  }

  /** Gives the device the clsact discipline; false if it has it already. */
  public boolean createClsact(int device) throws NetlinkException {
    int flags = NetlinkRequest.ACK | NetlinkRequest.CREATE | NetlinkRequest.EXCL;
    try {
      netlink.call(
          request(RTM_NEWQDISC, flags, device, CLSACT_HANDLE, CLSACT, 0)
              .attribute(TCA_KIND, "clsact"),
          "clsact discipline of device " + device);
      return true;
    } catch (NetlinkException refused) {
      if (refused.errno() == Errno.EEXIST) {
        return false;
      }
      throw refused;
    }
  }

  /** Takes the discipline away, with all its filters. */
  public void deleteClsact(int device) throws NetlinkException {
    netlink.call(
        request(RTM_DELQDISC, NetlinkRequest.ACK, device, CLSACT_HANDLE, CLSACT, 0)
            .attribute(TCA_KIND, "clsact"),
        "removing the clsact discipline of device " + device);
  }

  /**
   * Adds a filter, or puts another program into one.
   *
   * @param handle 0 to let the kernel choose; needed for replace
   * @param priority 0 to let the kernel choose; needed for replace
   * @param replace whether an existing one is replaced; otherwise it is an error (EEXIST)
   * @return the filter as it is now
   */
  public Filter set(
      int device,
      Direction direction,
      int handle,
      int priority,
      int program,
      String name,
      boolean direct,
      boolean replace,
      String what)
      throws NetlinkException {
    int flags =
        NetlinkRequest.ACK
            | NetlinkRequest.ECHO
            | NetlinkRequest.CREATE
            | (replace ? NetlinkRequest.REPLACE : NetlinkRequest.EXCL);
    NetlinkRequest request =
        request(RTM_NEWTFILTER, flags, device, handle, direction.parent, info(priority))
            .attribute(TCA_KIND, "bpf");
    int options = request.begin(TCA_OPTIONS);
    request.attribute(BPF_FD, program).attribute(BPF_NAME, name);
    if (direct) {
      request.attribute(BPF_FLAGS, ACT_DIRECT);
    }
    for (NetlinkMessage answer : netlink.call(request.end(options), what)) {
      if (answer.type() == RTM_NEWTFILTER) {
        return filter(answer);
      }
    }
    throw new NetlinkException(Errno.ENOENT, what, "the kernel told nothing of the new filter");
  }

  private static int info(int priority) {
    return priority << 16 | ALL_PROTOCOLS;
  }

  private static Filter filter(NetlinkMessage message) {
    NetlinkAttributes options = message.attributes(HEADER_BYTES).nested(TCA_OPTIONS);
    String name = options.text(BPF_NAME);
    return new Filter(
        message.u32(8),
        message.u32(16) >>> 16,
        options.number(BPF_ID, 0),
        (options.number(BPF_FLAGS, 0) & ACT_DIRECT) != 0,
        name == null ? "" : name);
  }

  /** Removes one filter. */
  public void delete(int device, Direction direction, int handle, int priority, String what)
      throws NetlinkException {
    netlink.call(
        request(
                RTM_DELTFILTER,
                NetlinkRequest.ACK,
                device,
                handle,
                direction.parent,
                info(priority))
            .attribute(TCA_KIND, "bpf"),
        what);
  }

  /** The BPF filters of a device in a direction, in the order in which they run. */
  public List<Filter> filters(int device, Direction direction) throws NetlinkException {
    return dump(device, direction).stream()
        .filter(message -> "bpf".equals(message.attributes(HEADER_BYTES).text(TCA_KIND)))
        .filter(message -> message.u32(8) != 0)
        .map(TrafficControl::filter)
        .toList();
  }

  /** Whether the discipline has filters of any kind, in either direction. */
  public boolean hasFilters(int device) throws NetlinkException {
    return !dump(device, Direction.INGRESS).isEmpty() || !dump(device, Direction.EGRESS).isEmpty();
  }

  private List<NetlinkMessage> dump(int device, Direction direction) throws NetlinkException {
    return netlink
        .call(
            request(RTM_GETTFILTER, NetlinkRequest.DUMP, device, 0, direction.parent, 0),
            "filters of device " + device)
        .stream()
        .filter(message -> message.type() == RTM_NEWTFILTER)
        .toList();
  }
}

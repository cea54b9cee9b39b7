package dev.skep.linux.net;

import dev.skep.errors.Errno;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Network devices of a namespace (RTM_*LINK): their numbers, and the XDP program of each. */
public final class Devices {
  private static final int RTM_NEWLINK = 16;
  private static final int RTM_DELLINK = 17;
  private static final int RTM_GETLINK = 18;
  private static final int RTM_SETLINK = 19;

  private static final int IFLA_ADDRESS = 1;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_XDP = 43;
  private static final int INFO_KIND = 1;
  private static final int INFO_DATA = 2;
  private static final int VETH_PEER = 1;

  private static final int XDP_FD = 1;
  private static final int XDP_ATTACHED = 2;
  private static final int XDP_FLAGS = 3;
  private static final int XDP_PROG_ID = 4;
  private static final int XDP_EXPECTED_FD = 8;

  private static final int UP = 1;
  private static final int HEADER_BYTES = 16;
  private static final int NAME_BYTES = 16;

  /** Only into an empty place (XDP_FLAGS_UPDATE_IF_NOEXIST). */
  public static final int XDP_IF_NO_EXIST = 1;

  /** The program that is expected there is given too (XDP_FLAGS_REPLACE, Linux 5.7). */
  public static final int XDP_REPLACE = 16;

  private final Netlink netlink;

  public Devices(Netlink netlink) {
    this.netlink = netlink;
  }

  private static NetlinkRequest request(int type, int flags, int index, int set, int change) {
    return new NetlinkRequest(type, flags).u8(0).u8(0).u16(0).u32(index).u32(set).u32(change);
  }

  /**
   * What the kernel says of a device.
   *
   * @param address its hardware address
   * @param xdpMode IFLA_XDP_ATTACHED: 0 none, 1 native, 2 generic, 3 offloaded, 4 several
   * @param xdpProgram the id of its XDP program, 0 for none
   */
  public record Device(int index, String name, byte[] address, int xdpMode, int xdpProgram) {}

  private static Device device(NetlinkMessage message) {
    NetlinkAttributes attributes = message.attributes(HEADER_BYTES);
    String name = attributes.text(IFLA_IFNAME);
    byte[] address = attributes.bytes(IFLA_ADDRESS);
    NetlinkAttributes xdp = attributes.nested(IFLA_XDP);
    return new Device(
        message.u32(4),
        name == null ? "" : name,
        address == null ? new byte[0] : address,
        xdp.number(XDP_ATTACHED, 0),
        xdp.number(XDP_PROG_ID, 0));
  }

  private static Device first(List<NetlinkMessage> answers, String what) throws NetlinkException {
    for (NetlinkMessage answer : answers) {
      if (answer.type() == RTM_NEWLINK) {
        return device(answer);
      }
    }
    throw new NetlinkException(Errno.ENODEV, what, "");
  }

  /** A device by its name. */
  public Device byName(String name) throws NetlinkException {
    String what = "device \"" + name + "\"";
    if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length >= NAME_BYTES) {
      throw new NetlinkException(Errno.ENODEV, what, "no device has such a name");
    }
    NetlinkRequest request = request(RTM_GETLINK, NetlinkRequest.ACK, 0, 0, 0);
    return first(netlink.call(request.attribute(IFLA_IFNAME, name), what), what);
  }

  /** A device by its number. */
  public Device byIndex(int index) throws NetlinkException {
    String what = "device " + index;
    return first(netlink.call(request(RTM_GETLINK, NetlinkRequest.ACK, index, 0, 0), what), what);
  }

  /** All of them. */
  public List<Device> all() throws NetlinkException {
    return netlink.call(request(RTM_GETLINK, NetlinkRequest.DUMP, 0, 0, 0), "devices").stream()
        .filter(message -> message.type() == RTM_NEWLINK)
        .map(Devices::device)
        .toList();
  }

  /** Makes two devices that are connected with each other. */
  public void createVeth(String name, String peer) throws NetlinkException {
    NetlinkRequest request =
        request(
            RTM_NEWLINK, NetlinkRequest.ACK | NetlinkRequest.CREATE | NetlinkRequest.EXCL, 0, 0, 0);
    request.attribute(IFLA_IFNAME, name);
    int info = request.begin(IFLA_LINKINFO);
    request.attribute(INFO_KIND, "veth");
    int data = request.begin(INFO_DATA);
    int other = request.begin(VETH_PEER);
    request.u8(0).u8(0).u16(0).u32(0).u32(0).u32(0).attribute(IFLA_IFNAME, peer);
    request.end(other).end(data).end(info);
    netlink.call(request, "veth pair \"" + name + "\" and \"" + peer + "\"");
  }

  /** Switches a device on. */
  public void up(int index) throws NetlinkException {
    netlink.call(
        request(RTM_SETLINK, NetlinkRequest.ACK, index, UP, UP), "switching on device " + index);
  }

  /** Removes a device, and the other end of a pair. */
  public void delete(int index) throws NetlinkException {
    netlink.call(request(RTM_DELLINK, NetlinkRequest.ACK, index, 0, 0), "removing device " + index);
  }

  /**
   * Sets or takes away a device's XDP program, the way of Linux before 5.9.
   *
   * @param program descriptor, or -1 for none
   * @param flags XDP_FLAGS_*
   * @param expected with {@link #XDP_REPLACE}: the descriptor of the program to be replaced
   */
  public void xdp(int index, int program, int flags, int expected, String what)
      throws NetlinkException {
    NetlinkRequest request = request(RTM_SETLINK, NetlinkRequest.ACK, index, 0, 0);
    int xdp = request.begin(IFLA_XDP);
    request.attribute(XDP_FD, program);
    if (flags != 0) {
      request.attribute(XDP_FLAGS, flags);
    }
    if ((flags & XDP_REPLACE) != 0) {
      request.attribute(XDP_EXPECTED_FD, expected);
    }
    netlink.call(request.end(xdp), what);
  }
}

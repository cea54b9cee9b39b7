package dev.skep.linux.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.errors.Errno;
import dev.skep.natives.Syscalls;
import org.junit.jupiter.api.Test;

/** Devices and disciplines of a namespace of our own. */
class DevicesTest {
  @Test
  void devicesByNameAndNumber() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Netlink netlink = Netlink.open(Syscalls.host())) {
        Devices devices = new Devices(netlink);
        assertThat(devices.all())
            .extracting(Devices.Device::name)
            .containsExactlyInAnyOrder("lo", "sk0", "sk1");
        assertThat(devices.byIndex(namespace.near().index()).name()).isEqualTo("sk0");
        assertThat(namespace.near().address()).hasSize(6);
        assertThat(namespace.near().xdpProgram()).isZero();
      }
    });
  }

  @Test
  void refusalsCarryTheKernelsWords() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Netlink netlink = Netlink.open(Syscalls.host())) {
        Devices devices = new Devices(netlink);
        assertThatThrownBy(() -> devices.byName("nowhere"))
            .isInstanceOfSatisfying(
                NetlinkException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.ENODEV));
        assertThatThrownBy(() -> devices.byName("longer than 15 characters"))
            .isInstanceOf(NetlinkException.class);
        assertThatThrownBy(() -> devices.xdp(namespace.near().index(), 12345, 2, -1, "xdp of sk0"))
            .isInstanceOfSatisfying(
                NetlinkException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.EBADF));
        assertThatThrownBy(() -> devices.createVeth("sk0", "sk9"))
            .isInstanceOfSatisfying(
                NetlinkException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.EEXIST));
      }
    });
  }

  @Test
  void clsactIsMadeOnce() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Netlink netlink = Netlink.open(Syscalls.host())) {
        TrafficControl control = new TrafficControl(netlink);
        int device = namespace.near().index();
        assertThat(control.createClsact(device)).isTrue();
        assertThat(control.createClsact(device)).isFalse();
        assertThat(control.hasFilters(device)).isFalse();
        control.deleteClsact(device);
        assertThatThrownBy(() -> control.deleteClsact(device))
            .isInstanceOf(NetlinkException.class)
            .hasMessageContaining("removing the clsact discipline of device " + device);
      }
    });
  }
}

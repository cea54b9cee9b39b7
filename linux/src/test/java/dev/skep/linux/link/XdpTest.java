package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.Link;
import dev.skep.engine.LinkInfo;
import dev.skep.engine.RingBuffer;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.net.Devices;
import dev.skep.linux.net.Netlink;
import dev.skep.linux.net.OwnNamespace;
import dev.skep.linux.net.PacketSocket;
import dev.skep.natives.Syscalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/** XDP programs on a pair of devices in a network namespace of our own, with real packets. */
class XdpTest {
  private static final int XDP = 0;
  private static final int XDP_OTHER = 1;

  private static void send(OwnNamespace namespace, int... ports) {
    try (PacketSocket socket = new PacketSocket(namespace.far().index())) {
      for (int port : ports) {
        socket.send(PacketSocket.udp(port));
      }
    }
  }

  private static Devices.Device near() throws Exception {
    try (Netlink netlink = Netlink.open(Syscalls.host())) {
      return new Devices(netlink).byName("sk0");
    }
  }

  /** What the program put into its ring buffer, as "port:length". */
  private static List<String> events(RingBuffer ring, int count) {
    List<String> events = new ArrayList<>();
    while (events.size() < count) {
      int got =
          ring.poll(
              Duration.ofSeconds(5),
              record -> {
                ByteBuffer in = ByteBuffer.wrap(record).order(ByteOrder.nativeOrder());
                int length = in.getInt();
                events.add(in.getInt() + ":" + length);
                return true;
              });
      if (got == 0) {
        break;
      }
    }
    return events;
  }

  /** Links of others may come meanwhile, and go again. */
  private static boolean isXdp(int id) {
    try (Link link = KernelLinks.ofId(id)) {
      return link.info().type().equals("xdp");
    } catch (BpfErrnoException gone) {
      return false;
    }
  }

  @Test
  void packetsReachMapsAndRingBuffer() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "xdp_ports");
          RingBuffer ring = loaded.object().map("events").ringBuffer();
          Link link = loaded.program("xdp_ports").attach(Xdp.on("sk0"))) {
        send(namespace, 53, 9, 4789);
        assertThat(events(ring, 3)).containsExactly("53:60", "9:60", "4789:60");
        assertThat(loaded.count(XDP)).isEqualTo(3);
        LinkInfo info = link.info();
        assertThat(info.type()).isEqualTo("xdp");
        assertThat(info.target()).isEqualTo("ifindex " + namespace.near().index());
        assertThat(info.programId()).isEqualTo(near().xdpProgram()).isPositive();
        assertThat(KernelLinks.ids()).contains(info.id());
      }
      assertThat(near().xdpProgram()).isZero();
    });
  }

  @Test
  void genericAndDriverModes() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "xdp_ports")) {
        for (Xdp point : List.of(Xdp.on("sk0").generic(), Xdp.on("sk0").driver())) {
          try (Link link = loaded.program("xdp_ports").attach(point)) {
            assertThat(near().xdpMode()).isEqualTo(point.mode() == Xdp.Mode.GENERIC ? 2 : 1);
            long before = loaded.count(XDP);
            send(namespace, 1, 2);
            assertThat(loaded.count(XDP)).as(point.toString()).isEqualTo(before + 2);
            assertThat(link.info().type()).isEqualTo("xdp");
          }
        }
        assertThatThrownBy(() -> loaded.program("xdp_ports").attach(Xdp.on("sk0").offload()))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageStartingWith("attach of program \"xdp_ports\" to xdp of sk0: ");
      }
    });
  }

  @Test
  void updateReplacesTheProgramInPlace() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "xdp_ports", "xdp_other", "tc_count");
          Link link = loaded.program("xdp_ports").attach(Xdp.on("sk0").generic())) {
        send(namespace, 1);
        link.update(loaded.program("xdp_other"));
        send(namespace, 1, 2);
        assertThat(loaded.count(XDP)).isEqualTo(1);
        assertThat(loaded.count(XDP_OTHER)).isGreaterThanOrEqualTo(2);
        assertThat(link.info().programId()).isEqualTo(near().xdpProgram());
        assertThatThrownBy(() -> link.update(loaded.program("tc_count")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageContaining("the new program's type or attach type differs");
      }
    });
  }

  @Test
  void oneProgramPerDevice() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "xdp_ports", "xdp_other");
          Link first = loaded.program("xdp_ports").attach(Xdp.on("sk0"))) {
        assertThatThrownBy(() -> loaded.program("xdp_other").attach(Xdp.on("sk0")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessage(
                "attach of program \"xdp_other\" to xdp of sk0: EBUSY: the device has an xdp"
                    + " program already; detach it, or update its link");
        assertThat(first.info().programId()).isEqualTo(near().xdpProgram());
      }
    });
  }

  @Test
  void byNetlinkWhereThereAreNoLinks() throws Throwable {
    OwnNamespace.run(namespace -> {
      Xdp old = Xdp.on("sk0").generic().overNetlink();
      try (Loaded loaded = Loaded.of("net", "xdp_ports", "xdp_other")) {
        Link link = loaded.program("xdp_ports").attach(old);
        send(namespace, 1);
        assertThat(loaded.count(XDP)).isEqualTo(1);
        assertThat(link.info().type()).isEqualTo("xdp_netlink");
        assertThat(link.info().programId()).isEqualTo(near().xdpProgram()).isPositive();
        assertThatThrownBy(() -> loaded.program("xdp_other").attach(old))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageContaining("EBUSY")
            .hasMessageContaining("the device has an xdp program already");
        link.update(loaded.program("xdp_other"));
        send(namespace, 1, 2);
        assertThat(loaded.count(XDP)).isEqualTo(1);
        assertThat(loaded.count(XDP_OTHER)).isGreaterThanOrEqualTo(2);
        assertThatThrownBy(() -> link.pin(Path.of("/sys/fs/bpf/x")))
            .isInstanceOf(UnsupportedException.class);
        assertThatThrownBy(() ->
                loaded.program("xdp_ports").attach(old.replacing(loaded.program("xdp_ports"))))
            .isInstanceOf(BpfErrnoException.class);
        Link taker = loaded.program("xdp_ports").attach(old.replacing(loaded.program("xdp_other")));
        link.close(); // is not there any more: leaves the other alone
        assertThat(near().xdpProgram()).isEqualTo(taker.info().programId()).isPositive();
        taker.close();
        assertThat(near().xdpProgram()).isZero();
      }
    });
  }

  @Test
  void linksOutliveTheirDevice() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "xdp_ports", "xdp_other");
          Netlink netlink = Netlink.open(Syscalls.host())) {
        Devices devices = new Devices(netlink);
        devices.createVeth("sk2", "sk3");
        Link link = loaded.program("xdp_ports").attach(Xdp.on("sk2"));
        Link old = loaded.program("xdp_ports").attach(Xdp.on("sk3").overNetlink());
        Link filter = loaded.program("xdp_ports").attach(Xdp.on("sk0"));
        devices.delete(devices.byName("sk2").index());
        assertThat(link.info().target()).isEqualTo("ifindex 0");
        assertThatThrownBy(() -> link.update(loaded.program("xdp_other")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageContaining("ENOLINK: the link is detached");
        link.close();
        old.close();
        filter.close();
      }
    });
  }

  @Test
  void closedLinksSayNothing() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "xdp_ports")) {
        Link link = loaded.program("xdp_ports").attach(Xdp.on(NetDevice.numbered(near().index())));
        link.detach();
        assertThat(near().xdpProgram()).isZero();
        link.close();
        link.close();
        assertThatThrownBy(link::info).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> loaded.program("xdp_ports").attach(Xdp.on("sk77")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessage(
                "attach of program \"xdp_ports\" to xdp of sk77: ENODEV: no device \"sk77\" in"
                    + " this network namespace");
        assertThatThrownBy(() -> loaded.program("xdp_ports").attach())
            .isInstanceOf(UnsupportedException.class)
            .hasMessage(
                "attach of program \"xdp_ports\": section \"xdp\" names no place; attach it to"
                    + " one");
      }
    });
  }

  @Test
  void pinnedLinksStay() throws Throwable {
    OwnNamespace.run(namespace -> {
      Path directory = Path.of("/sys/fs/bpf");
      OwnNamespace.mount("bpf", directory, "bpf", 0);
      Path file = directory.resolve("link");
      try (Loaded loaded = Loaded.of("net", "xdp_ports")) {
        Link link = loaded.program("xdp_ports").attach(Xdp.on("sk0"));
        link.pin(file);
        assertThatThrownBy(() -> link.pin(file))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageEndingWith("EEXIST: the file exists; remove it first");
        assertThatThrownBy(() -> link.pin(Path.of("/tmp/skep-no-bpffs")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageContaining("EPERM: the directory is not on a bpf file system");
        int id = link.info().id();
        link.close();
        send(namespace, 1);
        assertThat(loaded.count(XDP)).isEqualTo(1);
        try (Link same = KernelLinks.pinned(file);
            Link again = KernelLinks.ofId(id)) {
          assertThat(same.info()).isEqualTo(again.info());
          assertThat(same.info().id()).isEqualTo(id);
        }
        assertThatThrownBy(() -> KernelLinks.pinned(directory.resolve("none")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessage("pin /sys/fs/bpf/none: ENOENT: there is none");
        java.nio.file.Files.delete(file);
      }
      // The kernel frees the link a moment after its last reference.
      for (int i = 0; i < 100 && near().xdpProgram() != 0; i++) {
        Thread.sleep(10);
      }
      assertThat(near().xdpProgram()).isZero();
    });
  }

  /**
   * Neither links nor descriptors are left. A cycle takes some 35 ms, in which the kernel waits for
   * its CPUs; -Dskep.cycles=10000 asks for more of them.
   */
  @Test
  void nothingLeaks(TestReporter reporter) throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "xdp_ports")) {
        var program = loaded.program("xdp_ports");
        program.attach(Xdp.on("sk0")).close();
        long descriptors = Loaded.descriptors();
        var links = KernelLinks.ids();
        int cycles = Integer.getInteger("skep.cycles", 100);
        for (int i = 0; i < cycles; i++) {
          program.attach(Xdp.on("sk0")).close();
        }
        reporter.publishEntry("cycles of attach and close", Integer.toString(cycles));
        assertThat(near().xdpProgram()).isZero();
        assertThat(Loaded.descriptors()).isLessThanOrEqualTo(descriptors + 2);
        List<Integer> left = new ArrayList<>(KernelLinks.ids());
        left.removeAll(links);
        assertThat(left).noneMatch(XdpTest::isXdp);
      }
    });
  }
}

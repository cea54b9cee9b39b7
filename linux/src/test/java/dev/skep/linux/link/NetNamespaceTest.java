package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.net.OwnNamespace;
import dev.skep.program.AttachType;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Programs of a network namespace, in one of our own. */
class NetNamespaceTest {
  private static final int LOOKUP = 6;
  private static final int NETFILTER = 7;
  private static final int LOCAL_IN = 1;

  private static void sendToMyself() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
      socket.send(new DatagramPacket(new byte[4], 4, loopback, 4242));
    }
  }

  @Test
  void lookupOfSockets() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "lookup_any");
          Link link = loaded.program("lookup_any").attach(NetNamespace.current())) {
        sendToMyself();
        assertThat(loaded.count(LOOKUP)).isPositive();
        assertThat(link.info().type()).isEqualTo("netns");
        assertThat(link.info().target()).startsWith("sk_lookup of netns ");
        assertThat(NetNamespace.current().query(AttachType.SK_LOOKUP).members())
            .extracting(Chain.Member::programId)
            .containsExactly(link.info().programId());
        link.update(loaded.program("lookup_any"));
        assertThatThrownBy(() ->
                loaded.program("lookup_any").attach(new NetNamespace(Path.of("/proc/self/status"))))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageContaining("the file is no network namespace");
      }
      assertThat(NetNamespace.current().query(AttachType.SK_LOOKUP).members()).isEmpty();
    });
  }

  @Test
  void netfilterHook() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "filter_any");
          Link link = loaded.program("filter_any").attach(Netfilter.ipv4(LOCAL_IN, -100))) {
        sendToMyself();
        assertThat(loaded.count(NETFILTER)).isPositive();
        assertThat(link.info().type()).isEqualTo("netfilter");
        assertThat(link.info().target()).isEqualTo("family 2 hook 1 priority -100");
        assertThatThrownBy(() -> link.update(loaded.program("filter_any")))
            .isInstanceOf(UnsupportedException.class)
            .hasMessage(
                "update of the link to netfilter family 2 hook 1 priority -100: such links keep"
                    + " their program; attach anew");
        assertThatThrownBy(
                () -> loaded.program("filter_any").attach(Netfilter.ipv4(LOCAL_IN, -100)))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageContaining("EBUSY: another hook has that priority");
      }
    });
  }

  @Test
  void socketsOfMaps() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "pass_message")) {
        SockMap point = SockMap.of(loaded.object().map("sockets"));
        for (SockMap each : new SockMap[] {point, point.overProgAttach()}) {
          Link link = loaded.program("pass_message").attach(each);
          assertThat(link.info().type()).startsWith("sockmap");
          assertThat(link.info().programId()).isPositive();
          link.update(loaded.program("pass_message"));
          link.close();
          link.close();
        }
        SockMap wrong = SockMap.of(loaded.object().map("counts"));
        assertThatThrownBy(() -> loaded.program("pass_message").attach(wrong))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageContaining("the map is no sockmap");
      }
    });
  }
}

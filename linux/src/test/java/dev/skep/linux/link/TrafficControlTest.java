package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.net.Netlink;
import dev.skep.linux.net.OwnNamespace;
import dev.skep.linux.net.PacketSocket;
import dev.skep.linux.net.TrafficControl;
import dev.skep.natives.Syscalls;
import java.util.List;
import org.junit.jupiter.api.Test;

/** tcx links and tc filters on a device of our own, with real packets. */
class TrafficControlTest {
  private static final int TC = 2;
  private static final int TC_OTHER = 3;

  private static void send(int device) {
    try (PacketSocket socket = new PacketSocket(device)) {
      socket.send(PacketSocket.udp(53));
    }
  }

  /** Whether the device has the clsact discipline; it is left as it was. */
  private static boolean hasClsact(int device) throws Exception {
    try (Netlink netlink = Netlink.open(Syscalls.host())) {
      TrafficControl control = new TrafficControl(netlink);
      if (control.createClsact(device)) {
        control.deleteClsact(device);
        return false;
      }
      return true;
    }
  }

  private static List<Integer> programs(Chain chain) {
    return chain.members().stream().map(Chain.Member::programId).toList();
  }

  @Test
  void tcxSeesBothDirections() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (Loaded loaded = Loaded.of("net", "tc_count", "tc_other");
          Link in = loaded.program("tc_count").attach(Tcx.ingress("sk0"));
          Link out = loaded.program("tc_other").attach(Tcx.egress("sk0"))) {
        send(namespace.far().index());
        assertThat(loaded.count(TC)).isEqualTo(1);
        assertThat(loaded.count(TC_OTHER)).isZero();
        send(namespace.near().index());
        assertThat(loaded.count(TC_OTHER)).isEqualTo(1);
        String target = " of ifindex " + namespace.near().index();
        assertThat(in.info().type()).isEqualTo("tcx");
        assertThat(in.info().target()).isEqualTo("tcx_ingress" + target);
        assertThat(out.info().target()).isEqualTo("tcx_egress" + target);
        out.update(loaded.program("tc_count"));
        send(namespace.near().index());
        assertThat(loaded.count(TC)).isEqualTo(2);
        in.detach();
        assertThat(Tcx.ingress("sk0").query().members()).isEmpty();
      }
    });
  }

  @Test
  void tcxKeepsItsOrder() throws Throwable {
    OwnNamespace.run(namespace -> {
      Tcx point = Tcx.ingress("sk0");
      try (Loaded loaded = Loaded.of("net", "tc_count", "tc_other");
          Loaded more = Loaded.of("net", "tc_count", "tc_other");
          Link a = loaded.program("tc_count").attach(point);
          Link b = loaded.program("tc_other").attach(point.before(a));
          Link c = more.program("tc_count").attach(point.afterLink(b.info().id()));
          Link d = more.program("tc_other").attach(point.beforeProgram(b.info().programId()))) {
        Chain chain = point.query();
        assertThat(programs(chain))
            .containsExactly(
                d.info().programId(),
                b.info().programId(),
                c.info().programId(),
                a.info().programId());
        assertThat(chain.members().getFirst().linkId()).isEqualTo(d.info().id());
        assertThat(chain.revision()).isEqualTo(5);
        try (Loaded last = Loaded.of("net", "tc_count")) {
          var program = last.program("tc_count");
          assertThatThrownBy(() -> program.attach(point.ifRevision(chain.revision() - 1)))
              .isInstanceOf(BpfErrnoException.class)
              .hasMessageEndingWith(
                  "ESTALE: the chain has changed since that revision; query it again");
          try (Link first = program.attach(point.first().ifRevision(chain.revision()))) {
            assertThat(programs(point.query())).startsWith(first.info().programId());
          }
          assertThatThrownBy(() -> program.attach(point.afterLink(Integer.MAX_VALUE)))
              .isInstanceOf(BpfErrnoException.class)
              .hasMessageContaining("ENOENT");
        }
      }
      assertThat(point.query().members()).isEmpty();
    });
  }

  @Test
  void filtersComeAndGoWithTheirDiscipline() throws Throwable {
    OwnNamespace.run(namespace -> {
      int device = namespace.near().index();
      try (Loaded loaded = Loaded.of("net", "tc_count", "tc_other", "xdp_ports")) {
        Link in = loaded.program("tc_count").attach(TcFilter.ingress("sk0"));
        Link out = loaded.program("tc_count").attach(TcFilter.egress("sk0").at(7, 11));
        send(namespace.far().index());
        assertThat(loaded.count(TC)).isEqualTo(1);
        send(device);
        assertThat(loaded.count(TC)).isEqualTo(2);
        assertThat(out.info().type()).isEqualTo("tc_filter");
        assertThat(out.info().target())
            .isEqualTo("egress of ifindex " + device + " priority 11 handle 7");
        assertThat(TcFilter.egress("sk0").query())
            .singleElement()
            .satisfies(state -> {
              assertThat(state.handle()).isEqualTo(7);
              assertThat(state.priority()).isEqualTo(11);
              assertThat(state.direct()).isTrue();
              assertThat(state.name()).isEqualTo("tc_count");
              assertThat(state.programId()).isEqualTo(out.info().programId());
            });
        out.update(loaded.program("tc_other"));
        assertThat(TcFilter.egress("sk0").query()).hasSize(1);
        send(device);
        assertThat(loaded.count(TC_OTHER)).isEqualTo(1);
        assertThatThrownBy(
                () -> loaded.program("tc_count").attach(TcFilter.egress("sk0").at(7, 11)))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageContaining("EEXIST")
            .hasMessageContaining("that handle is taken");
        in.close();
        assertThat(hasClsact(device)).isTrue();
        out.close();
        out.close();
        assertThat(hasClsact(device)).isFalse();
        assertThatThrownBy(() -> loaded.program("xdp_ports").attach(TcFilter.ingress("sk0")))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageStartingWith("attach of program \"xdp_ports\" to tc ingress of sk0: EINVAL");
        assertThat(hasClsact(device)).isFalse();
      }
    });
  }

  @Test
  void othersDisciplineStays() throws Throwable {
    OwnNamespace.run(namespace -> {
      int device = namespace.near().index();
      try (Loaded loaded = Loaded.of("net", "tc_count", "tc_other");
          Netlink netlink = Netlink.open(Syscalls.host())) {
        new TrafficControl(netlink).createClsact(device);
        TcFilter point = TcFilter.ingress("sk0").at(1, 1);
        try (Link link = loaded.program("tc_count").attach(point)) {
          Link taker = loaded.program("tc_other").attach(point.replacing());
          assertThat(TcFilter.ingress("sk0").query()).hasSize(1);
          assertThatThrownBy(() -> link.pin(java.nio.file.Path.of("x")))
              .isInstanceOf(UnsupportedException.class);
          taker.detach();
          taker.close();
        }
        assertThat(hasClsact(device)).isTrue();
      }
    });
  }
}

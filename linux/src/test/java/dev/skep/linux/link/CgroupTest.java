package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.net.OwnNamespace;
import dev.skep.program.AttachType;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs on a cgroup of our own, with a process of our own in it. */
class CgroupTest {
  private static final int EGRESS = 4;
  private static final int CONNECT = 5;
  private static final int ALLOW_MULTI = 2;

  @Test
  void packetsOfTheCgroupAreSeen() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (OwnCgroup cgroup = OwnCgroup.make();
          Loaded loaded = Loaded.of("net", "cgroup_egress");
          Link link = loaded.program("cgroup_egress").attach(Cgroup.of(cgroup.directory()))) {
        cgroup.send(53);
        long seen = loaded.count(EGRESS);
        assertThat(seen).isPositive();
        assertThat(link.info().type()).isEqualTo("cgroup");
        assertThat(link.info().target()).startsWith("cgroup_inet_egress of cgroup ");
        Chain chain = Cgroup.of(cgroup.directory()).query(AttachType.CGROUP_INET_EGRESS);
        assertThat(chain.members())
            .extracting(Chain.Member::programId)
            .containsExactly(link.info().programId());
        link.detach();
        cgroup.send(53);
        assertThat(loaded.count(EGRESS)).isEqualTo(seen);
      }
    });
  }

  @Test
  void withoutLinksToo() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (OwnCgroup cgroup = OwnCgroup.make();
          Loaded loaded = Loaded.of("net", "cgroup_egress");
          Loaded other = Loaded.of("net", "cgroup_egress")) {
        Cgroup point = Cgroup.of(cgroup.directory()).overProgAttach(ALLOW_MULTI);
        Link link = loaded.program("cgroup_egress").attach(point);
        cgroup.send(53);
        assertThat(loaded.count(EGRESS)).isPositive();
        assertThat(link.info().type()).isEqualTo("cgroup_attach");
        link.update(other.program("cgroup_egress"));
        cgroup.send(53);
        assertThat(other.count(EGRESS)).isPositive();
        assertThat(point.query(AttachType.CGROUP_INET_EGRESS).members())
            .extracting(Chain.Member::programId)
            .containsExactly(link.info().programId());
        assertThatThrownBy(() -> link.pin(Path.of("/sys/fs/bpf/x")))
            .isInstanceOf(UnsupportedException.class);
        link.close();
        link.close();
        assertThat(point.query(AttachType.CGROUP_INET_EGRESS).members()).isEmpty();
      }
    });
  }

  @Test
  void connectionsAreRefused() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (OwnCgroup cgroup = OwnCgroup.make();
          Loaded loaded = Loaded.of("net", "cgroup_connect");
          Link link = loaded.program("cgroup_connect").attach(Cgroup.of(cgroup.directory()))) {
        assertThatThrownBy(() -> cgroup.send(53))
            .isInstanceOf(org.opentest4j.TestAbortedException.class);
        assertThat(loaded.count(CONNECT)).isEqualTo(1);
        assertThat(link.info().target()).startsWith("cgroup_inet4_connect of cgroup ");
      }
    });
  }

  @Test
  void errorsSayWhatToDo() throws Throwable {
    OwnNamespace.run(namespace -> {
      try (OwnCgroup cgroup = OwnCgroup.make();
          Loaded loaded = Loaded.of("net", "cgroup_egress")) {
        var program = loaded.program("cgroup_egress");
        for (Path wrong : List.of(Path.of("/tmp"), Path.of("/nowhere"))) {
          assertThatThrownBy(() -> program.attach(Cgroup.of(wrong)))
              .isInstanceOf(BpfErrnoException.class)
              .hasMessageStartingWith(
                  "attach of program \"cgroup_egress\" to cgroup " + wrong + ": ")
              .hasMessageEndingWith(": give a directory of a cgroup2 file system");
        }
        Cgroup point = Cgroup.of(cgroup.directory()).as(AttachType.CGROUP_INET4_BIND);
        assertThatThrownBy(() -> program.attach(point))
            .isInstanceOf(BpfErrnoException.class)
            .hasMessageEndingWith(
                " as cgroup_inet4_bind: EINVAL: the program's type does not belong to that"
                    + " attach type");
      }
    });
  }
}

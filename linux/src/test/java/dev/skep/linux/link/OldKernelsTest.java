package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.engine.AttachPoint;
import dev.skep.engine.Link;
import dev.skep.errors.BpfErrnoException;
import dev.skep.errors.Errno;
import dev.skep.errors.UnsupportedException;
import dev.skep.linux.sys.LinkCommands;
import dev.skep.program.Program;
import dev.skep.program.ProgramType;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The older ways of attaching, and what is closed when one fails: without a kernel. */
class OldKernelsTest {
  private static final Program PROGRAM =
      Program.of("p", ProgramType.XDP, "GPL", new long[] {0}, List.of());

  private final FakeHooks kernel = new FakeHooks();
  private final Attacher attacher = new Attacher(kernel, 3, PROGRAM);

  private static final Xdp XDP = Xdp.on(NetDevice.numbered(4));
  private static final PerfSampling EVENT = PerfSampling.clockOfCpu(0, 10);

  @Test
  void linksAreClosedOnce() {
    Link link = attacher.attach(XDP);
    assertThat(kernel.open).hasSize(1);
    link.close();
    assertThat(kernel.open).isEmpty();
    kernel.open.add(100); // the number is in use again, by somebody else
    link.close();
    assertThat(kernel.open).containsExactly(100);
    assertThatThrownBy(link::info)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("link to xdp of ifindex 4 is closed");
  }

  @Test
  void xdpByNetlinkBefore59() {
    kernel.refused.put(LinkCommands.LINK_CREATE, Errno.EINVAL);
    Link link = attacher.attach(XDP);
    assertThat(kernel.calls).containsExactly("bpf 28", "netlink 19");
    link.close();
    assertThat(kernel.calls).containsExactly("bpf 28", "netlink 19", "netlink 19");
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void refusedXdpLeavesNothingOpen() {
    kernel.refused.put(LinkCommands.LINK_CREATE, Errno.EINVAL);
    kernel.netlinkErrno = Errno.EOPNOTSUPP;
    assertThatThrownBy(() -> attacher.attach(XDP.driver()))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessage(
            "attach of program \"p\" to xdp of ifindex 4: EOPNOTSUPP: the driver has no such mode;"
                + " try generic");
    assertThat(kernel.open).isEmpty();
    kernel.refused.put(LinkCommands.LINK_CREATE, Errno.EPERM);
    assertThatThrownBy(() -> attacher.attach(XDP))
        .hasMessage(
            "attach of program \"p\" to xdp of ifindex 4: EPERM: needs CAP_NET_ADMIN and CAP_BPF"
                + " (or root)");
    assertThat(kernel.calls).doesNotContain("netlink 20").hasSize(3);
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void perfEventsByIoctlBefore515() {
    kernel.refused.put(LinkCommands.LINK_CREATE, Errno.EINVAL);
    Link link = attacher.attach(EVENT);
    assertThat(kernel.calls)
        .containsExactly("perf_event_open", "bpf 28", "ioctl 40042408", "bpf 15", "ioctl 2400");
    assertThat(link.info().type()).isEqualTo("perf_event_ioctl");
    assertThatThrownBy(() -> link.pin(Path.of("/sys/fs/bpf/x")))
        .isInstanceOf(UnsupportedException.class);
    link.close();
    link.close();
    assertThat(kernel.calls).endsWith("ioctl 2400", "ioctl 2401");
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void refusedPerfEventsLeaveNothingOpen() {
    kernel.refused.put(LinkCommands.LINK_CREATE, Errno.EINVAL);
    kernel.ioctlErrno = Errno.EINVAL;
    assertThatThrownBy(() -> attacher.attach(EVENT)).isInstanceOf(BpfErrnoException.class);
    assertThat(kernel.open).isEmpty();
    kernel.refused.clear();
    assertThatThrownBy(() -> attacher.attach(EVENT)).isInstanceOf(BpfErrnoException.class);
    assertThat(kernel.open).isEmpty();
    kernel.perfErrno = Errno.EACCES;
    assertThatThrownBy(() -> attacher.attach(EVENT))
        .hasMessageEndingWith("EACCES: needs CAP_PERFMON and CAP_BPF (or root)");
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void hooksOfBtfByTheOlderCommand() {
    kernel.refused.put(LinkCommands.LINK_CREATE, Errno.EINVAL);
    attacher.attach(BtfHook.OF_PROGRAM).close();
    assertThat(kernel.calls).containsExactly("bpf 28", "bpf 17");
    assertThatThrownBy(() -> attacher.attach(new BtfHook(7)))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessage("attach of program \"p\" to the hook it was loaded for: EINVAL");
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void cgroupsByProgAttachBefore57() {
    kernel.refused.put(LinkCommands.LINK_CREATE, Errno.EINVAL);
    Link link = attacher.attach(Cgroup.of(Path.of("/sys/fs/cgroup/x")));
    assertThat(kernel.calls).containsExactly("bpf 28", "bpf 28", "bpf 8");
    link.close();
    link.close();
    assertThat(kernel.calls).containsExactly("bpf 28", "bpf 28", "bpf 8", "bpf 9");
    assertThat(kernel.open).isEmpty();
    kernel.refused.put(LinkCommands.PROG_ATTACH, Errno.EPERM);
    assertThatThrownBy(() -> attacher.attach(Cgroup.of(Path.of("/sys/fs/cgroup/x"))))
        .isInstanceOf(BpfErrnoException.class)
        .hasMessageContaining("EPERM: needs CAP_NET_ADMIN");
    assertThat(kernel.open).isEmpty();
  }

  @Test
  void failedDetachStillClosesEverything() {
    kernel.refused.put(LinkCommands.LINK_CREATE, Errno.EINVAL);
    Link link = attacher.attach(Cgroup.of(Path.of("/sys/fs/cgroup/x")));
    kernel.refused.put(LinkCommands.PROG_DETACH, Errno.EPERM);
    assertThatThrownBy(link::close).isInstanceOf(BpfErrnoException.class);
    assertThat(kernel.open).isEmpty();
    link.close();
  }

  @Test
  void placesOfOtherEnginesAreRefused() {
    AttachPoint elsewhere = () -> "a moon";
    assertThatThrownBy(() -> attacher.attach(elsewhere))
        .isInstanceOf(UnsupportedException.class)
        .hasMessage("attach of program \"p\": a moon is no place of the kernel");
  }
}

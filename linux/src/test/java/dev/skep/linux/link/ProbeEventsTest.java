package dev.skep.linux.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.skep.linux.link.ProbeEvents.Probe;
import dev.skep.linux.sys.PerfEvents.Event;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How probes are told to the kernel: as events of a PMU, and as lines of tracefs. */
class ProbeEventsTest {
  private record Case(Probe probe, Event event, String line) {}

  private static final List<Case> CASES =
      List.of(
          new Case(
              new Probe("kprobe", "do_nanosleep", 0, false, 0),
              new Event(6, 0, "do_nanosleep", 0, 0, 0),
              "p:kprobes/e do_nanosleep"),
          new Case(
              new Probe("kprobe", "f", 0x1f, false, 0),
              new Event(6, 0, "f", 0x1f, 0, 0),
              "p:kprobes/e f+0x1f"),
          new Case(
              new Probe("kprobe", "f", 0, true, 0), new Event(6, 8, "f", 0, 0, 0), "r:kprobes/e f"),
          new Case(
              new Probe("uprobe", "/bin/x", 0x1000, false, 0),
              new Event(6, 0, "/bin/x", 0x1000, 0, 0),
              "p:uprobes/e /bin/x:0x1000"),
          new Case(
              new Probe("uprobe", "/bin/x", 0x1000, true, 0x30),
              new Event(6, 0x30_0000_0008L, "/bin/x", 0x1000, 0, 0),
              "r:uprobes/e /bin/x:0x1000(0x30)"));

  @Test
  void eventsAndLines() {
    for (Case c : CASES) {
      assertThat(ProbeEvents.event(6, 3, c.probe())).isEqualTo(c.event());
      assertThat(c.probe().line(c.probe().kind() + "s", "e")).isEqualTo(c.line());
    }
  }

  @Test
  void returnsHaveNoOffset() {
    assertThatThrownBy(() -> Kprobe.exit("f").at(4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kretprobes do not support offset specification");
    assertThatThrownBy(() -> Uprobe.exit("x", "f").at(4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("uretprobes do not support offset specification");
  }
}
